// @ts-check
/** The camera: opened when asked, shown in one <video>, and let go as soon as nobody looks. */

/** Enough for a code over a third of the picture, and little enough to read ten times a second. */
const WANTED = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } };

/** What browsers call the reasons, and what we call them. @type {Record<string, string>} */
const REASONS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "in_use",
  AbortError: "in_use",
};

/** Why there is no camera: refused, missing, in_use, insecure or failed. @param {unknown} error */
export function whyNot(error) {
  if (!globalThis.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia) return "missing";
  return REASONS[error instanceof Error ? error.name : ""] ?? "failed";
}

/** Whether the reader has allowed the camera before, so that opening it asks nothing. */
export async function isAllowed() {
  try {
    const name = /** @type {PermissionName} */ ("camera");
    return (await navigator.permissions.query({ name })).state === "granted";
  } catch {
    return false; // a browser that does not say
  }
}

/** Show the camera in a video element. @param {HTMLVideoElement} video */
export async function openCamera(video) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
  video.srcObject = stream;
  await video.play();
  return stream.getVideoTracks()[0];
}

/** Let the camera go. @param {HTMLVideoElement} video */
export function closeCamera(video) {
  const stream = /** @type {MediaStream | null} */ (video.srcObject);
  for (const track of stream?.getTracks() ?? []) track.stop();
  video.srcObject = null;
}

/** Whether the camera has a light that can be switched. @param {MediaStreamTrack} track */
export const hasTorch = (track) => "torch" in (track.getCapabilities?.() ?? {});

/** @param {MediaStreamTrack} track @param {boolean} on */
export async function setTorch(track, on) {
  await track.applyConstraints({ advanced: [/** @type {MediaTrackConstraintSet} */ ({ torch: on })] });
}
