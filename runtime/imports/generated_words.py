"""Runtime room, file import: the words that generated pipelines are put together from. Invented; no person or company is meant."""

from __future__ import annotations

from dataclasses import dataclass

Lists = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """`people` and `companies` are lists of words, one of each taken; `series` have a base price, `grades` a factor."""

    people: Lists
    companies: Lists
    sectors: tuple[str, ...]
    countries: tuple[str, ...]
    regions: tuple[str, ...]
    series: tuple[tuple[str, int], ...]
    grades: tuple[tuple[str, float], ...]
    next_steps: tuple[str, ...]
    currency: str
    between_names: str = " "
    between_company_words: str = " "


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


ENGLISH = Words(
    people=(
        _split(
            "Ada Amara Anton Bea Boris Carla Cyrus Dana Derya Elena Emil Farah Felix Greta Hugo Ines "
            "Ivo Jonas Jun Kaya Lena Levi Mara Milo Nadia Nils Odile Omar Petra Quinn Rosa Ruben Selma "
            "Soren Tessa Theo Uma Vera Wim Yara"
        ),
        _split(
            "Abel Aldana Barlow Becker Castell Dahl Duarte Eaton Fabre Farrow Gallo Greer Haddad Holm "
            "Ivers Jansen Kessler Kovac Lang Lindqvist Marlow Meyer Nakata Novak Okoro Osei Parr "
            "Pereira Quist Reyes Rossi Sato Soto Tanner Ueda Valdez Voss Weiss Yilmaz Zeman"
        ),
    ),
    companies=(
        _split(
            "Alder Amber Basalt Beacon Birch Cedar Cobalt Copper Delta Ember Falcon Fjord Garnet "
            "Granite Harbor Heron Indigo Juniper Kestrel Lantern Linden Maple Meridian Nimbus North "
            "Ochre Onyx Orchard Pioneer Quarry Quartz Raven River Saffron Sierra Summit Tidal Umber "
            "Vertex Willow"
        ),
        _split(
            "Analytics Automation Brewing Chemicals Clinics Controls Dynamics Energy Engineering Foods "
            "Freight Glass Hospitality Imaging Instruments Interiors Labs Logistics Machines Marine "
            "Materials Media Mills Motors Networks Optics Packaging Pharma Plastics Power Press Retail "
            "Robotics Schools Software Steel Systems Telecom Textiles Tools"
        ),
    ),
    sectors=(
        "manufacturing",
        "software",
        "retail",
        "healthcare",
        "logistics",
        "energy",
        "education",
        "finance",
        "media",
        "hospitality",
    ),
    countries=(
        "Germany",
        "France",
        "Spain",
        "Poland",
        "Sweden",
        "Netherlands",
        "United Kingdom",
        "Italy",
        "Turkey",
        "Japan",
    ),
    regions=("North", "South", "East", "West", "Central"),
    series=(("Atlas", 480), ("Boreal", 1_900), ("Cirrus", 6_400), ("Dynamo", 24_000)),
    grades=(("Start", 1.0), ("Plus", 1.9), ("Max", 3.4)),
    next_steps=(
        "send the revised offer",
        "call about the pilot",
        "demonstrate on site",
        "meet the buyer",
        "answer the technical questions",
        "agree on delivery dates",
        "introduce the service team",
        "ask for the decision",
    ),
    currency="EUR",
)

CHINESE = Words(
    people=(
        _split("王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧"),
        _split(
            "安然 博文 晨曦 承泽 楚涵 丹青 冬梅 方舟 芳菲 国栋 海燕 昊天 慧敏 嘉宁 建华 静怡 俊杰 可欣 乐山 立群 明哲 沐阳 佩瑶 启航 清扬 若曦 书恒 思远 天佑 文静 "
            "晓彤 欣然 雪莹 雅琴 一鸣 永康 雨桐 志远 子墨 卓然"
        ),
    ),
    companies=(
        _split(
            "华宁 江都 滨海 岭南 川北 云州 钱塘 洛水 太湖 燕山 金陵 鹭岛 蓉城 泉城 春城 冰城 星沙 江夏 姑苏 甬江"
        ),
        _split(
            "远航 恒泰 瑞丰 明达 智联 宏图 信诚 博雅 鼎新 启明 天合 嘉禾 万象 锦程 卓越 海纳 朗润 同创 广源 盛景"
        ),
        _split("机械 软件 电子 化工 医药 食品 物流 能源 建材 纺织 教育 传媒 仪器 包装 零售"),
        ("有限公司", "股份有限公司", "集团"),
    ),
    sectors=("制造业", "软件业", "零售业", "医疗健康", "物流", "能源", "教育", "金融", "传媒", "酒店餐饮"),
    countries=("中国",),
    regions=("华北", "华东", "华南", "华中", "西南"),
    series=(("星河", 3_200), ("云帆", 13_000), ("磐石", 46_000), ("长风", 168_000)),
    grades=(("入门版", 1.0), ("专业版", 1.9), ("旗舰版", 3.4)),
    next_steps=(
        "发送修改后的报价",
        "电话沟通试点方案",
        "上门演示",
        "拜访采购负责人",
        "答复技术问题",
        "商定交货日期",
        "介绍售后团队",
        "请客户做出决定",
    ),
    currency="CNY",
    between_names="",
    between_company_words="",
)

WORDS = {"en": ENGLISH, "zh": CHINESE}
