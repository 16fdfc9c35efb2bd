"""What the fields of papers are called on paper, in English and Chinese, and what a value may be.

The registry of types says which fields a paper has and what a form calls them. Papers call them
otherwise, too: the first word of each language below is the one that our own papers print, the
others are what brokers' and authorities' forms print. A label may mean different fields on
different papers (批号 is a lot or several), so it is looked up among the fields of the type.
"""

from collections.abc import Mapping
from functools import cache

from tracer.domain.documents import DocType
from tracer.domain.paper_types import FieldSpec, paper_type

_Labels = tuple[tuple[str, ...], tuple[str, ...]]
"""What a field is called in English and in Chinese."""


def _table(text: str) -> dict[str, _Labels]:
    rows = (line.split("|") for line in text.strip().splitlines())
    return {name: (tuple(en.split(";")), tuple(zh.split(";"))) for name, en, zh in rows}


_LABELS: Mapping[str, _Labels] = _table("""
accreditation|Accreditation;Accreditation no.;Accreditation number|认可证书;认可证书号
ageMonths|Age, months|适用月龄
allocation|Allocation|分配方法
assuranceLevel|Level of assurance|鉴证等级
assuranceProvider|Assurance by;Assurance provider|鉴证机构
authority|Authority;Competent authority|主管机构;主管当局
bestBefore|Best before;Best before date;Expiry date|保质期至;有效期至
blNo|Bill of lading;Bill of lading no.;B/L no.|提单号;提运单号
bl|Bill of lading;Bill of lading no.;B/L no.;B/L number|提单号;提运单号
body|Certification body;Certifying body|认证机构;发证机构
buyer|Buyer|买方
cartons|Cartons;Number of cartons|箱数
certifiedNetKg|Certified net weight, kg;Certified quantity, kg|证明净重,千克;证明数量,千克
ciq|CIQ suffix;CIQ code|检验检疫附加码;检验检疫编码
client|Client|委托方;委托单位
coNo|Certificate of origin;Certificate of origin no.;C/O no.|原产地证号;原产地证书号
consigneeAddress|Consignee's address;Consignee address|收货人地址
consigneeUscc|Consignee's social credit code;Consignee USCC|收货人统一社会信用代码;统一社会信用代码
consignee|Consignee|收货人
container|Container;Container no.;Container number|集装箱号;箱号
contractNo|Contract no.;Contract number|合同协议号;合同号
country|Country|国家
currency|Currency|币种;币制
declaration|Declaration;Declaration no.;Customs declaration no.|报关单号
declaredAt|Declared on;Date of declaration|申报日期
establishmentNo|Establishment no.;Establishment number|生产企业注册号;企业注册编号
expanded95Pct|Uncertainty (95 %), %|不确定度(95%),%
exporterAddress|Exporter's address;Exporter address|出口商地址
exporter|Exporter|出口商;发货人
formulaNo|Formula registration;Formula registration no.|配方注册号;产品配方注册号
formulaRegistrationNo|Formula registration;Formula registration no.|配方注册号;产品配方注册号
frameworks|Frameworks|遵循标准
freight|Freight|运费
functionalUnit|Functional unit|功能单位
gaps|Gaps in the readings|读数缺口
grossKg|Gross weight, kg;Gross weight;Gross mass, kg|毛重,千克;毛重;毛重(千克)
gtin|GTIN;Bar code;Barcode|商品条码;条码
healthCertNo|Health certificate;Health certificate no.|卫生证书号
highlightsEn|Highlights|要点(英文)
highlightsZh|Highlights (Chinese)|要点
hs6|HS 6;HS 6 code;HS code (6 digits)|协调制度六位码
hs|HS code;Tariff code;Commodity code|商品编号;商品编码
importedAt|Imported on;Date of import|进境日期;进口日期
incoterm|Incoterm;Incoterms|贸易术语;成交方式
insurance|Insurance|保费
invented|Invented|虚构
invoice|Invoice;Invoice no.;Invoice number|发票号
issuedAt|Date of issue;Issue date;Issued on;Date issued|签发日期;出具日期;申报日期;开具日期
issuer|Issued by;Issuer GLN;GLN of the issuer|签发方;签发方GLN
issuingBody|Issuing body;Certifying authority|签证机构
label|Chinese label|中文标签
languages|Languages|语言
literatureBandPerKg|Literature, kg CO2e per kg|文献范围,每千克
lots|Lots;Lot numbers;Batch numbers|批号;生产批号
lot|Lot;Lot no.;Lot number;Batch;Batch no.;Batch number|批号;生产批号
manufacturer519|Overseas manufacturer no. (519);Overseas manufacturer no.|境外生产企业注册号(519);境外生产企业注册号
manufacturer|Manufacturer;Manufacturer's name|生产企业;生产企业名称
maxC|Highest, °C|最高温度,℃
meanC|Mean, °C|平均温度,℃
minC|Lowest, °C|最低温度,℃
minutesOverMax|Minutes above the limit|超限分钟数
mktAllC|Mean kinetic temperature, °C|平均动力学温度,℃
mktWorstWindowC|Same, worst 30 days, °C|同上,最差30天,℃
nameEn|Name in English|英文名称
nameZh|Name in Chinese|中文名称
name|Manufacturer;Manufacturer's name|生产企业;生产企业名称
netKg|Net weight, kg;Net weight;Net mass, kg|净重,千克;净重;净重(千克)
netWeightG|Net weight, g|净含量,克
number|Certificate no.;Certificate number;Report no.;Report number;Document no.|编号;证书编号;报告编号;单证编号
office|Customs office|申报关区;申报地海关
onBoard|On board;Shipped on board;On board date|装船日期
originCountry|Country of origin|原产国;原产国(地区)
pallets|Pallets;Number of pallets|托盘数
perKgKgCO2e|kg CO2e per kg|每千克碳排放
perTinKgCO2e|kg CO2e per tin|每罐碳排放
periodEnd|Period to|报告期止
periodStart|Period from|报告期起
plausibility|Plausibility|合理性
pod|Port of discharge|卸货港
pol|Port of loading|装货港
port|Port;Port of entry|口岸;入境口岸
primaryDataSharePct|Primary data, %|初级数据占比,%
productionDate|Production date;Date of production;Manufacturing date|生产日期
product|Product name;Product|产品名称
profile|Condition profile|温湿度规则
purpose|Purpose|检验目的
readings|Readings|读数个数
receivedAt|Received;Received on;Date received|收样日期
retestOf|Retest of|原报告号
sampledAt|Sampled;Sampled on;Sampling date|抽样日期
sampledFrom|Samples taken from|样品来源
scopeEn|Scope|范围(英文)
scopeZh|Scope (Chinese)|范围
seal|Seal;Seal no.;Seal number|封号;铅封号;关封号
sha256|SHA-256 of the log|记录文件摘要
shelfLifeMonths|Shelf life, months;Shelf life|保质期,月
shipper|Shipper|托运人
stage|Stage|段位
status|Status|状态
storage|Storage|贮存条件
systemBoundary|System boundary|系统边界
testedFrom|Tested from|检验开始;检验开始日期
testedTo|Tested to|检验结束;检验结束日期
tins|Tins;Number of tins|罐数
totalKgCO2e|kg CO2e of the batch|整批碳排放
total|Total;Total amount|总额;总价
tradeMode|Trade mode|监管方式
unitPrice|Unit price|单价
validUntil|Valid until;Valid to|有效期至;有效期限至
valueUsd|Value, USD|申报价值,美元
verdict|Verdict;Conclusion|结论;检验结论
verification|Verification|核验状态
vesselImo|Vessel (IMO);IMO number|船舶IMO编号
vessel|Ship;Vessel;Vessel name|船名;运输工具名称
voyage|Voyage;Voyage no.|航次;航次号
""")  # noqa: E501 - a table of words

_KINDS: Mapping[tuple[str, str], str] = {
    ("country", ""): "country",
    ("date", ""): "date",
    ("flag", ""): "yes",
    ("time", ""): "time",
    ("list", "lots"): "lots",
    ("list", "numbers"): "numbers",
    ("text", ""): "text",
    ("text", "accreditation"): "text",
    ("text", "ciq-suffix"): "digits",
    ("text", "container"): "container",
    ("text", "customs-code"): "digits",
    ("text", "declaration-number"): "digits",
    ("text", "gln"): "gln",
    ("text", "gtin"): "gtin",
    ("text", "hs10"): "digits",
    ("text", "hs6"): "hs6",
    ("text", "imo"): "digits",
    ("text", "locode"): "locode",
    ("text", "lot"): "lot",
    ("text", "office"): "digits",
    ("text", "sha256"): "hex",
}
"""Kind and check of the registry -> how a printed value is read; other texts are codes."""

_NAMED_KINDS: Mapping[str, str] = {
    "languages": "tags",
    "netWeightG": "g",
    "number": "code",
    "issuedAt": "day",  # a paper shows the day only; the registry wants the time too
    "shelfLifeMonths": "months",
    "tradeMode": "trade",
}


def fields_of(doc_type: DocType) -> Mapping[str, FieldSpec]:
    """The fields that are looked for on a type of paper, those of all papers first."""
    kind = paper_type(doc_type)
    return {spec.name: spec for spec in (*kind.fixed, *kind.fields)}


def labels_of(spec: FieldSpec) -> _Labels:
    """What papers call a field."""
    en, zh = _LABELS.get(spec.name, ((), ()))
    return (*en, spec.label_en), (*zh, spec.label_zh)


@cache
def all_labels() -> tuple[_Labels, ...]:
    """What papers of any type call their fields."""
    specs = {spec for doc_type in DocType for spec in fields_of(doc_type).values()}
    return (*_LABELS.values(), *map(labels_of, sorted(specs, key=str)))


def kind_of(spec: FieldSpec) -> str:
    """How a printed value of a field is read; "list" is not read at all."""
    if spec.name in _NAMED_KINDS:
        return _NAMED_KINDS[spec.name]
    if spec.kind == "choice" or spec.name in CHOICES:
        return "choice"
    if spec.kind in {"number", "integer"}:
        whole = "count" if spec.kind == "integer" else "number"
        return "kg" if spec.name.endswith("Kg") and "Per" not in spec.name else whole
    if spec.kind in {"list", "object"}:
        return _KINDS.get((spec.kind, spec.check), "list")
    return _KINDS.get((spec.kind, spec.check), "code")


CHOICES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "assuranceLevel": (
        ("limited", "limited", "有限保证"),
        ("reasonable", "reasonable", "合理保证"),
    ),
    "label": (("printed before entry", "printed before entry", "入境前已印制"),),
    "plausibility": (("ok", "plausible", "合理"),),
    "profile": (("POWDER_AMBIENT", "powder, ambient", "奶粉常温"),),
    "purpose": (("release", "release of the lot", "出厂检验"), ("retest", "retest", "复检")),
    "status": (("accepted", "accepted", "已接受"),),
    "storage": (("POWDER_AMBIENT", "powder, ambient", "奶粉常温"),),
    "verification": (("CONFIRMED_BY_ISSUER", "confirmed by the issuer", "签发方已确认"),),
    "verdict.LAB_REPORT": (("pass", "pass", "合格"), ("fail", "fail", "不合格")),
    "verdict.CIQ_CERTIFICATE": (("qualified", "qualified", "合格"),),
    "verdict.TEMPERATURE_LOG": (
        ("in_range", "in range", "符合"),
        ("major", "major excursion", "重大超温"),
    ),
}
"""Field, where needed with its type -> code, English and Chinese word."""

HEADINGS: tuple[tuple[str, str], ...] = (
    ("Goods", "货物"),
    ("Particulars", "项目"),
    ("Confidential: opened only to whom it was granted", "保密字段:仅向获授权者开放"),
    ("Measured values", "检验结果"),
    ("Microbiological samples", "微生物抽样"),
    ("Places", "地点"),
    ("Readings of the logger", "记录仪读数"),
    ("Greenhouse gas emissions by stage", "各阶段温室气体排放"),
    ("Activities", "活动数据"),
    ("Metrics", "指标"),
    ("SAMPLE", "样本"),
    ("Signature", "签名"),
    ("Remarks", "备注"),
)
"""What ends a value without being a field."""
