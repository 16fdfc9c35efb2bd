"""Bilingual words of the papers: what no rule table has, because only a printed form needs it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The same thing in two languages.

    Attributes:
        en: English.
        zh: simplified Chinese.
    """

    en: str
    zh: str


def _table(text: str) -> dict[str, Words]:
    rows = (line.split("|") for line in text.strip().splitlines())
    return {key.strip(): Words(en.strip(), zh.strip()) for key, en, zh in rows}


FIELDS: Mapping[str, Words] = _table("""
accreditation|Accreditation|认可证书
ageMonths|Age, months|适用月龄
allocation|Allocation|分配方法
assuranceLevel|Level of assurance|鉴证等级
assuranceProvider|Assurance by|鉴证机构
authority|Authority|主管机构
bestBefore|Best before|保质期至
bl|Bill of lading|提单号
buyer|Buyer|买方
cartons|Cartons|箱数
ciq|CIQ suffix|检验检疫附加码
client|Client|委托方
coNo|Certificate of origin|原产地证号
consignee|Consignee|收货人
consigneeUscc|Consignee's social credit code|收货人统一社会信用代码
container|Container|集装箱号
currency|Currency|币种
declaration|Declaration|报关单号
establishmentNo|Establishment no.|生产企业注册号
expanded95Pct|Uncertainty (95 %), %|不确定度(95%),%
exporter|Exporter|出口商
formulaNo|Formula registration|配方注册号
formulaRegistrationNo|Formula registration|配方注册号
frameworks|Frameworks|遵循标准
functionalUnit|Functional unit|功能单位
grossKg|Gross weight, kg|毛重,千克
gtin|GTIN|商品条码
healthCertNo|Health certificate|卫生证书号
highlightsEn|Highlights|要点(英文)
highlightsZh|Highlights (Chinese)|要点
hs|HS code|商品编号
hs6|HS 6|协调制度六位码
incoterm|Incoterm|贸易术语
invented|Invented|虚构
invoice|Invoice|发票号
issuingBody|Issuing body|签证机构
label|Chinese label|中文标签
languages|Languages|语言
literatureBandPerKg|Literature, kg CO2e per kg|文献范围,每千克
lot|Lot|批号
lots|Lots|批号
manufacturer519|Overseas manufacturer no. (519)|境外生产企业注册号(519)
maxC|Highest, °C|最高温度,℃
meanC|Mean, °C|平均温度,℃
minC|Lowest, °C|最低温度,℃
minutesOverMax|Minutes above the limit|超限分钟数
mktAllC|Mean kinetic temperature, °C|平均动力学温度,℃
mktWorstWindowC|Same, worst 30 days, °C|同上,最差30天,℃
gaps|Gaps in the readings|读数缺口
nameEn|Name in English|英文名称
nameZh|Name in Chinese|中文名称
netKg|Net weight, kg|净重,千克
netWeightG|Net weight, g|净含量,克
office|Customs office|申报关区
onBoard|On board|装船日期
originCountry|Country of origin|原产国
pallets|Pallets|托盘数
perKgKgCO2e|kg CO2e per kg|每千克碳排放
perTinKgCO2e|kg CO2e per tin|每罐碳排放
periodEnd|Period to|报告期止
periodStart|Period from|报告期起
plausibility|Plausibility|合理性
pod|Port of discharge|卸货港
pol|Port of loading|装货港
port|Port|口岸
primaryDataSharePct|Primary data, %|初级数据占比,%
productionDate|Production date|生产日期
profile|Condition profile|温湿度规则
purpose|Purpose|检验目的
readings|Readings|读数个数
receivedAt|Received|收样日期
retestOf|Retest of|原报告号
sampledAt|Sampled|抽样日期
sampledFrom|Samples taken from|样品来源
scopeEn|Scope|范围(英文)
scopeZh|Scope (Chinese)|范围
seal|Seal|封号
sha256|SHA-256 of the log|记录文件摘要
shelfLifeMonths|Shelf life, months|保质期,月
shipper|Shipper|托运人
stage|Stage|段位
status|Status|状态
storage|Storage|贮存条件
systemBoundary|System boundary|系统边界
testedFrom|Tested from|检验开始
testedTo|Tested to|检验结束
tins|Tins|罐数
total|Total|总额
totalKgCO2e|kg CO2e of the batch|整批碳排放
tradeMode|Trade mode|监管方式
unitPrice|Unit price|单价
valueUsd|Value, USD|申报价值,美元
verdict|Verdict|结论
verification|Verification|核验状态
vesselImo|Vessel (IMO)|船舶IMO编号
voyage|Voyage|航次
""")

VALUES: Mapping[str, Words] = _table("""
pass|pass|合格
fail|fail|不合格
qualified|qualified|合格
in_range|in range|符合
major|major excursion|重大超温
release|release of the lot|出厂检验
retest|retest|复检
accepted|accepted|已接受
limited|limited|有限保证
ok|plausible|合理
CONFIRMED_BY_ISSUER|confirmed by the issuer|签发方已确认
POWDER_AMBIENT|powder, ambient|奶粉常温
printed before entry|printed before entry|入境前已印制
""")

PARTS: Mapping[str, Words] = _table("""
issued_by|Issued by|签发方
goods|Goods|货物
particulars|Particulars|项目
confidential|Confidential: opened only to whom it was granted|保密字段:仅向获授权者开放
results|Measured values|检验结果
sampling|Microbiological samples|微生物抽样
parameter|Parameter|项目
value|Value|结果
unit|Unit|单位
method|Method|方法
plan|Standard|标准
size|Sample|样量
places|Places|地点
name|Name|名称
place|Place|所在地
chart|Readings of the logger|记录仪读数
carbon|Greenhouse gas emissions by stage|各阶段温室气体排放
lines|Activities|活动数据
activity|Activity|活动
quantity|Quantity|数量
factor|Factor|排放因子
metrics|Metrics|指标
metric|Metric|指标
code|Code|代码
peroxide_value|Peroxide value|过氧化值
""")

BASIS: Mapping[str, Words] = _table("""
per_100mL_ready|per 100 mL ready|每100毫升冲调液
per_100kJ|per 100 kJ|每100千焦
per_100g_powder|per 100 g|每100克
per_kg_powder|per kg|每千克
per_kg_ready|per kg ready|每千克冲调液
per_L_ready|per L ready|每升冲调液
per_kg_fat|per kg fat|每千克脂肪
ratio||
""")

NOTICE = Words(
    "Sample: invented data. Companies, persons, certificates and results do not exist.",
    "样本:虚构数据。文中企业、人员、证书与检验结果均不存在。",
)
WATERMARK = Words("SAMPLE — invented data", "样本—虚构数据")
STAMP = Words("SAMPLE", "样本")
