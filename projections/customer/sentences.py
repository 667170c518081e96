"""Projections room: what happens to a customer, in sentences; templates as in `projections/deal/templates.py`."""

from __future__ import annotations

from collections.abc import Mapping

CUSTOMER: Mapping[str, tuple[str, str]] = {
    "customer.registered": ("registered the customer {profile.name}", "登记客户 {profile.name}"),
    "customer.profile-changed": (
        ("changed the profile"
        "[~; name {after.name}, was {before.name}][~; sector {after.sector}, was {before.sector}]"
        "[~; country {after.country}, was {before.country}]"
        "[~; employees {after.employees}, was {before.employees}]"
        "[~; revenue {after.revenue}, was {before.revenue}]"
        "[~; founded {after.founded}, was {before.founded}]"
        "[~; parent {after.parent}, was {before.parent}]"
        "[~; registration number {after.registration_number}, was {before.registration_number}]"
        "[~; tax number {after.tax_number}, was {before.tax_number}]"
        "[~; web {after.web}, was {before.web}][~; phone {after.phone}, was {before.phone}]"),
        ("更改客户资料"
        "[~；名称 {after.name}，原为 {before.name}][~；行业 {after.sector}，原为 {before.sector}]"
        "[~；国家 {after.country}，原为 {before.country}][~；员工数 {after.employees}，原为 {before.employees}]"
        "[~；营业额 {after.revenue}，原为 {before.revenue}][~；成立年份 {after.founded}，原为 {before.founded}]"
        "[~；上级公司 {after.parent}，原为 {before.parent}]"
        "[~；注册号 {after.registration_number}，原为 {before.registration_number}]"
        "[~；税号 {after.tax_number}，原为 {before.tax_number}][~；网站 {after.web}，原为 {before.web}]"
        "[~；电话 {after.phone}，原为 {before.phone}]"),
    ),
    "customer.fields-set": ("filled in custom fields", "填写自定义字段"),
    "customer.import-undone": (
        "undid an import[?after:; the customer stands as it did before][!after:; the customer that it had made is gone]",
        "撤销了一次导入[?after:；客户恢复为导入前的状态][!after:；该次导入新建的客户已移除]",
    ),
    "customer.absorbed": ("merged another record into this one", "将另一条记录合并到此客户"),
    "customer.merged": ("merged this record into another", "将此记录合并到另一客户"),
    "customer.released": ("took a merged record out again", "拆出一条已合并的记录"),
    "customer.unmerged": ("took this record out again", "将此记录拆出，恢复为独立客户"),
    "customer.contact-added": ("added the contact {name}[, {role}]", "新增联系人 {name}[，{role}]"),
    "customer.contact-corrected": (
        ("corrected the contact {after.name}[~; named {after.name}, was {before.name}][~; mail {after.mail}, was {before.mail}]"
        "[~; phone {after.phone}, was {before.phone}][~; role {after.role}, was {before.role}]"
        "[~; do not mail: {after.do_not_mail!f}, was {before.do_not_mail!f}][~; do not call: {after.do_not_call!f}, was {before.do_not_call!f}]"),
        ("更正联系人 {after.name}[~；姓名 {after.name}，原为 {before.name}][~；邮箱 {after.mail}，原为 {before.mail}]"
        "[~；电话 {after.phone}，原为 {before.phone}][~；职务 {after.role}，原为 {before.role}]"
        "[~；请勿发邮件：{after.do_not_mail!f}，原为 {before.do_not_mail!f}][~；请勿致电：{after.do_not_call!f}，原为 {before.do_not_call!f}]"),
    ),
    "customer.contact-fields-set": ("filled in custom fields of {contact_id}", "填写 {contact_id} 的自定义字段"),
    "customer.parent-changed": (
        "[?after:said that it belongs to {after}][!after:said that it belongs to no other company]",
        "[?after:登记所属公司：{after}][!after:取消所属公司]",
    ),
    "customer.told-apart": ("said that it is another one than {other_id}: {because}", "确认与 {other_id} 不是同一客户：{because}"),
    "customer.compared-again": ("no longer says that it is another one than {other_id}", "不再确认与 {other_id} 不是同一客户"),
    "customer.note-added": (
        "noted a {kind!n}: {text}[, about {contact_id}][, since {since}]",
        "登记{kind!n}：{text}[，涉及 {contact_id}][，自 {since}]",
    ),
    "customer.note-changed": (
        "changed a {after.kind!n} from “{before.text}” to “{after.text}”",
        "{after.kind!n}由“{before.text}”改为“{after.text}”",
    ),
    "customer.note-closed": ("closed a {kind!n}: {text}[; {why}]", "关闭{kind!n}：{text}[；{why}]"),
    "customer.consent-given": (
        "recorded that {contact_id} consents: {purpose!p}, by {evidence}[, on {on}]",
        "登记 {contact_id} 的同意：{purpose!p}，来源 {evidence}[，日期 {on}]",
    ),
    "customer.consent-withdrawn": (
        "recorded that {contact_id} does not consent: {purpose!p}, by {evidence}[, on {on}]",
        "登记 {contact_id} 撤回同意：{purpose!p}，来源 {evidence}[，日期 {on}]",
    ),
    "customer.buying-role-changed": (
        "said what part {contact_id} has in deciding: {after!b}[, in the deal {deal_id}]",
        "登记 {contact_id} 在采购决策中的角色：{after!b}[，仅限商机 {deal_id}]",
    ),
}  # fmt: skip
LEAD: Mapping[str, tuple[str, str]] = {
    "lead.captured": ("captured the lead {name}[ of {company}][, from {source}]", "录入线索 {name}[（{company}）][，来源 {source}]"),
    "lead.corrected": ("corrected the lead {after.name}", "更正线索 {after.name}"),
    "lead.fields-set": ("filled in custom fields", "填写自定义字段"),
    "lead.allocated": ("gave the lead to {after}", "线索分配给 {after}"),
    "lead.converted": ("converted the lead into a deal", "线索已转化为商机"),
    "lead.discarded": ("discarded the lead: {why}", "放弃线索：{why}"),
    "lead.reopened": ("took the lead up again", "重新跟进线索"),
    "lead.import-undone": (
        "undid an import[?after:; the lead stands as it did before][!after:; the lead that it had made is gone]",
        "撤销了一次导入[?after:；线索恢复为导入前的状态][!after:；该次导入新建的线索已移除]",
    ),
    "lead.import-noted": ("agreed with its row in an imported file", "与导入文件中的记录一致"),
}  # fmt: skip
TERMS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "n": {
        "need": ("need", "需求"),
        "preference": ("preference", "偏好"),
        "competitor": ("competitor", "竞争对手"),
        "note": ("note", "备注"),
    },
    "p": {
        "mail": ("to be written to", "接收邮件"),
        "call": ("to be called", "接听电话"),
        "survey": ("to be asked", "接受问卷"),
        "sharing": ("that partners are told of them", "与合作伙伴共享信息"),
    },
    "f": {"True": ("yes", "是"), "False": ("no", "否")},
    "b": {
        "decides": ("decides", "决策者"),
        "influences": ("influences", "影响者"),
        "uses": ("uses", "使用者"),
        "blocks": ("blocks", "反对者"),
    },
}
