// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title GS1 identifiers: digits, check digits, lots, company prefixes
/// @notice Section numbers are those of the GS1 General Specifications.
library Gs1 {
    uint256 private constant _GLN_LIMIT = 10 ** 13; // 13 digits

    /// @dev Characters of GS1 set 82 (figure 7.11-1) as a bit set over ASCII:
    ///      ! " % & ' ( ) * + , - . / 0-9 : ; < = > ? A-Z _ a-z
    uint256 private constant _SET_82 = 0x07fffffe_87fffffe_ffffffe6_00000000;
    uint256 private constant _MAX_LOT_LENGTH = 20; // AI (10) is X..20

    /// @notice Whether the number is a GLN: at most 13 digits, the last one the check digit; not 0,
    ///         which means "none".
    function isGln(uint48 gln) internal pure returns (bool) {
        return gln != 0 && gln < _GLN_LIMIT && _hasCheckDigit(gln);
    }

    /// @notice Reads a GTIN-14 as a number.
    /// @return valid whether all 14 characters are digits and the last one is the check digit
    function parseGtin(bytes14 gtin) internal pure returns (bool valid, uint256 number) {
        for (uint256 i = 0; i < 14; ++i) {
            uint8 character = uint8(gtin[i]);
            if (character < 0x30 || character > 0x39) return (false, 0);
            number = number * 10 + (character - 0x30);
        }
        valid = _hasCheckDigit(number);
    }

    /// @notice The first `digits` digits after the indicator digit of a GTIN-14.
    /// @param digits 4 to 12
    function companyPrefix(uint256 gtin, uint8 digits) internal pure returns (uint48) {
        uint256 withoutIndicator = gtin % 10 ** 13;
        return uint48(withoutIndicator / 10 ** (13 - digits));
    }

    /// @notice Whether the text is a lot: 1 to 20 characters of set 82.
    function isLot(string calldata lot) internal pure returns (bool) {
        bytes calldata text = bytes(lot);
        if (text.length == 0 || text.length > _MAX_LOT_LENGTH) return false;
        for (uint256 i = 0; i < text.length; ++i) {
            if ((_SET_82 >> uint8(text[i])) & 1 == 0) return false;
        }
        return true;
    }

    /// @dev §7.9: digits weigh 3, 1, 3, … from the one before the check digit leftwards, and the
    ///      sum including the check digit is a multiple of 10. Leading zeros weigh nothing, so one
    ///      function serves every length.
    function _hasCheckDigit(uint256 number) private pure returns (bool) {
        uint256 sum = 0;
        uint256 weight = 1;
        for (; number != 0; number /= 10) {
            sum += (number % 10) * weight;
            weight = 4 - weight;
        }
        return sum % 10 == 0;
    }
}
