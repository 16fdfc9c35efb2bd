"""Why a file is refused, or noted: a stable code and one plain sentence in two languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_SHOWN = 300  # characters of a sentence with its parameters

REASONS: Mapping[str, tuple[str, str]] = {
    "ok": ("nothing speaks against the file", "文件未发现问题"),
    # before any parser
    "empty": ("the file is empty", "文件为空"),
    "too-large": ("the file has more than {most} bytes", "文件超过 {most} 字节"),
    "not-a-file": ("it is not a regular file", "不是普通文件"),
    "unknown-type": (
        "the file is no PDF, JPEG, PNG, JSON or XML from its first byte on",
        "文件开头不是 PDF、JPEG、PNG、JSON 或 XML",
    ),
    "type-disagrees": (
        "declared as {declared}, but it is {found}",
        "声明为 {declared},实为 {found}",
    ),
    "polyglot": ("it can be read as {other} too", "该文件也可被当作 {other} 读取"),
    "trailing-data": ("something follows the end of the file's content", "内容结束之后还有数据"),
    "pdf-header": ("the PDF's version is not one we read", "PDF 版本不受支持"),
    "pdf-end": ("the PDF does not end with its end mark", "PDF 没有以结束标记结尾"),
    "pdf-revisions": (
        "the PDF was changed after it was made, and no trusted signature covers the whole",
        "PDF 生成后被改动,且没有受信任的签名覆盖全文",
    ),
    "pdf-signer": (
        "the PDF was signed after it was made, and no trusted certificate vouches for the signer",
        "PDF 生成后被签名,但没有受信任的证书为签名者担保",
    ),
    "pdf-hybrid": (
        "the PDF has two tables of contents that may differ",
        "PDF 含两份可能不同的索引",
    ),
    "encrypted": ("the PDF is encrypted", "PDF 已加密"),
    "inflates": ("its streams inflate to more than {most} bytes", "数据流解压后超过 {most} 字节"),
    "predictor": ("a stream's rows are too long", "数据流的行过长"),
    # what a parser met
    "damaged": ("the file is damaged: {detail}", "文件已损坏:{detail}"),
    "too-many-pages": ("it has more than {most} pages", "超过 {most} 页"),
    "no-pages": ("it has no pages", "没有页面"),
    "too-many-objects": ("it has more than {most} objects", "对象超过 {most} 个"),
    "too-deep": ("its parts lie more than {most} levels deep", "嵌套超过 {most} 层"),
    "filter": (
        "a stream is coded with {name}, which we do not open",
        "数据流使用不受支持的编码 {name}",
    ),
    "active": ("it holds something that acts when opened: {name}", "含有打开时会执行的内容:{name}"),
    "form": ("it is a form to fill in", "这是待填写的表单"),
    "outside": ("it refers to something outside itself: {name}", "引用了文件外部的内容:{name}"),
    "readers-disagree": ("two readers count its pages differently", "两种阅读器得到的页数不同"),
    "image-too-large": (
        "the image has too many pixels: {width} x {height}",
        "图像过大:{width} x {height}",
    ),
    "image-animated": ("the image has more than one frame", "图像不止一帧"),
    "not-utf-8": ("the text is not UTF-8", "文本不是 UTF-8"),
    "doctype": ("the XML declares a document type or entities", "XML 含有文档类型或实体声明"),
    # how a parser ended
    "parser-died": (
        "the parser died while reading it ({detail})",
        "解析程序读取时异常终止({detail})",
    ),
    "limit-cpu": ("reading it takes too much computing", "读取所需的计算量过大"),
    "limit-memory": ("reading it takes too much memory", "读取所需的内存过大"),
    "limit-wall": ("reading it takes too long", "读取时间过长"),
    # notes on a file that is let in
    "text-cut": ("text was read of the first {pages} pages only", "仅读取了前 {pages} 页的文字"),
    "text-long": ("the text is long; its end was not read", "文字过长,末尾未读取"),
    "no-text": ("it holds no text that can be read", "没有可读取的文字"),
    "invisible-text": ("it holds text that is not painted", "含有不可见的文字"),
    "layers": ("it has layers that a reader may switch off", "含有可关闭的图层"),
    "annotations": ("it has annotations over its pages", "页面上有批注"),
    "signed": ("it is signed; see the signatures", "文件含有签名,请见签名结果"),
    # signatures inside a PDF
    "sig-ok": (
        "signed by {signer}, whom a trusted certificate vouches for; it covers the whole file",
        "由 {signer} 签名(有受信任的证书担保),覆盖全文",
    ),
    "sig-none": ("it holds no signature", "不含签名"),
    "sig-no-trust": (
        "signature intact, signer not known: this desk names no trusted certificates",
        "签名完好,签名者未知:此处尚无受信任的证书",
    ),
    "sig-unknown": (
        "signature intact, signer not known; the certificate calls itself {signer}",
        "签名完好,签名者未知;其证书自称 {signer}",
    ),
    "sig-expired": (
        "signature intact, but a certificate behind {signer} has expired",
        "签名完好,但 {signer} 的证书链中有证书已过期",
    ),
    "sig-broken": ("the signed content was changed", "已签名的内容被改动"),
    "sig-changed-later": ("the file was changed after it was signed", "文件在签名之后被改动"),
    "sig-untrusted": (
        "the certificates of {signer} lead to a trusted name, but do not hold",
        "{signer} 的证书链指向受信任的名称,但不成立",
    ),
    "sig-partial": ("the signature does not cover the whole file", "签名未覆盖全文"),
    "sig-earlier": ("signed by {signer} before a later signature", "{signer} 先签,其后另有签名"),
    "sig-error": ("the signature could not be checked: {detail}", "无法检查签名:{detail}"),
    # other notes
    "linearized": ("it is arranged for viewing over a network", "文件为网络浏览而线性化"),
}
"""Code -> sentence in English and Chinese, with {parameters}."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and what its sentence is filled with.

    Attributes:
        code: of `REASONS`; never changes its meaning.
        params: the sentence's parameters.
    """

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence in English."""
        return _shown(REASONS[self.code][0].format_map(self.params))

    @property
    def text_zh(self) -> str:
        """The sentence in Chinese."""
        return _shown(REASONS[self.code][1].format_map(self.params))

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def _shown(text: str) -> str:
    """Text that harms no terminal, log or page: parameters may come out of a hostile file."""
    return "".join(char if char.isprintable() else "?" for char in text[:MAX_SHOWN])


class RefusedError(Exception):
    """Ends an inspection; turned into a verdict where the inspection began, never shown raw."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.reason = Reason(code, params)
