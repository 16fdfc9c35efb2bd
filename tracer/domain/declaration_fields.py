"""The fields of an import declaration's form, in its order, and which papers state each.

Sources are tried in order; the declaration itself comes first. Field names of papers are those of
the batch files.
"""

from dataclasses import dataclass
from typing import Final

from tracer.domain.documents import DocType

_DECLARED: Final = DocType.CUSTOMS_DECLARATION
_LADING: Final = DocType.BILL_OF_LADING
_PACKING: Final = DocType.PACKING_LIST
_INVOICE: Final = DocType.COMMERCIAL_INVOICE
_ORIGIN: Final = DocType.CERTIFICATE_OF_ORIGIN
_HEALTH: Final = DocType.HEALTH_CERTIFICATE
_CIQ: Final = DocType.CIQ_CERTIFICATE
_PRODUCT: Final = DocType.PRODUCT
_MAKER: Final = DocType.MANUFACTURER_REGISTRATION
_FORMULA: Final = DocType.FORMULA_REGISTRATION


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the form.

    Attributes:
        name: stable name in exports.
        label_en: heading in English.
        label_zh: heading in Chinese, as the form prints it.
        sources: paper and field that may state it, in order.
        lists_papers: it lists the papers themselves.
    """

    name: str
    label_en: str
    label_zh: str
    sources: tuple[tuple[DocType, str], ...]
    lists_papers: bool = False


def _field(
    name: str, label_en: str, label_zh: str, *others: tuple[DocType, str], declared: str = ""
) -> FormField:
    """A field that the declaration states under its own name, unless another is given."""
    return FormField(name, label_en, label_zh, ((_DECLARED, declared or name), *others))


HEADER_FIELDS: Final = (
    _field("office", "Customs office", "申报地海关"),
    _field("declarationNo", "Declaration no.", "海关编号", declared="number"),
    _field("entryNo", "Pre-entry no.", "预录入编号"),
    _field("portOfEntry", "Port of entry", "进境关别", (_LADING, "pod"), (_CIQ, "port")),
    _field("importedAt", "Date of import", "进口日期"),
    _field("declaredAt", "Date of declaration", "申报日期", (_DECLARED, "issuedAt")),
    _field(
        "consignor", "Overseas consignor", "境外发货人", (_LADING, "shipper"),
        (_INVOICE, "seller"), (_ORIGIN, "exporter"),
    ),
    _field(
        "consignee", "Consignee in China", "境内收货人", (_LADING, "consignee"),
        (_INVOICE, "buyer"), (_HEALTH, "consignee"),
    ),
    _field("consigneeUscc", "Consignee's credit code (18)", "境内收货人统一社会信用代码"),
    _field("consigneeCustomsCode", "Consignee's customs code (10)", "境内收货人海关代码"),
    _field("transportMode", "Mode of transport", "运输方式", (_LADING, "transportMode")),
    _field(
        "vessel", "Vessel", "运输工具名称", (_LADING, "vessel"), (_DECLARED, "vesselImo"),
        (_LADING, "vesselImo"),
    ),
    _field("voyage", "Voyage", "航次号", (_LADING, "voyage")),
    _field("billOfLading", "Bill of lading", "提运单号", (_LADING, "number"), declared="bl"),
    _field("supervisionMode", "Supervision mode", "监管方式", declared="tradeMode"),
    _field("dutyNature", "Nature of duty levy", "征免性质"),
    _field("licence", "Licence no.", "许可证号", declared="licenceNo"),
    _field(
        "contract", "Contract no.", "合同协议号", (_INVOICE, "contractNo"), declared="contractNo"
    ),
    _field("tradeCountry", "Trading country", "贸易国(地区)", (_INVOICE, "tradeCountry")),
    _field("departureCountry", "Country of departure", "启运国(地区)"),
    _field("departurePort", "Port of departure", "启运港", (_LADING, "pol")),
    _field(
        "packages", "Packages", "件数", (_DECLARED, "cartons"), (_PACKING, "cartons"),
        (_LADING, "cartons"),
    ),
    _field(
        "grossKg", "Gross weight (kg)", "毛重(千克)", (_PACKING, "grossKg"), (_LADING, "grossKg")
    ),
    _field("netKg", "Net weight (kg)", "净重(千克)", (_PACKING, "netKg")),
    _field("incoterm", "Terms of delivery", "成交方式", (_INVOICE, "incoterm")),
    _field("freight", "Freight", "运费", (_LADING, "freight"), (_INVOICE, "freight")),
    _field("insurance", "Insurance", "保费", (_INVOICE, "insurance")),
    _field(
        "containers", "Containers", "集装箱号", (_LADING, "container"), (_PACKING, "container"),
        declared="container",
    ),
    FormField(
        "attachedDocuments", "Attached documents", "随附单证",
        ((_DECLARED, "attachedDocuments"),), lists_papers=True,
    ),
)  # fmt: skip
"""The header, in the form's order."""

LINE_FIELDS: Final = (
    _field("hs", "HS code (10)", "商品编号", (_ORIGIN, "hs6")),
    _field("ciq", "CIQ code (3)", "检验检疫名称代码"),
    _field(
        "goodsName", "Name of goods", "商品名称", (_PRODUCT, "nameZh"), (_PRODUCT, "nameEn")
    ),
    _field("brandType", "Type of brand", "品牌类型"),
    _field("preferential", "Preferential status at export", "出口享惠情况"),
    _field("ingredients", "Ingredients", "成分含量", (_PRODUCT, "ingredients")),
    _field("useAndAge", "Use and age (months)", "用途及适用月龄", (_PRODUCT, "ageMonths")),
    _field("pack", "Pack (net g)", "包装规格(净含量克)", (_PRODUCT, "netWeightG")),
    _field("brand", "Brand", "品牌", (_PRODUCT, "brand")),
    _field("gtin", "GTIN", "GTIN", (_PRODUCT, "gtin"), (_PACKING, "gtin")),
    _field("cas", "CAS no.", "CAS号"),
    _field("quantity", "Quantity", "数量", (_DECLARED, "tins"), (_PACKING, "tins")),
    _field("unit", "Unit", "成交单位"),
    _field("unitPrice", "Unit price", "单价", (_INVOICE, "unitPrice")),
    _field("value", "Total price", "总价", (_DECLARED, "valueUsd"), (_INVOICE, "total")),
    _field("currency", "Currency", "币制", (_INVOICE, "currency")),
    _field(
        "originCountry", "Country of origin", "原产国(地区)", (_ORIGIN, "originCountry"),
        (_PRODUCT, "originCountry"),
    ),
    _field("destination", "Destination in China", "境内目的地"),
    _field("dutyRule", "Duty rule", "征免"),
    _field(
        "manufacturer519", "Overseas maker's registration (519)", "境外生产企业注册号(519)",
        (_MAKER, "number"), (_HEALTH, "establishmentNo"), (_PRODUCT, "manufacturer519"),
    ),
    _field(
        "formulaNo", "Formula registration", "配方注册号", (_FORMULA, "number"),
        (_PRODUCT, "formulaRegistrationNo"),
    ),
    _field(
        "productionDate", "Date of production", "生产日期", (_PACKING, "productionDate"),
        (_PRODUCT, "productionDate"), (_HEALTH, "productionDate"),
    ),
    _field(
        "lot", "Lot", "生产批次", (_PACKING, "lot"), (_PRODUCT, "lot"), (_HEALTH, "lot")
    ),
)  # fmt: skip
"""One line of goods, in the form's order."""
