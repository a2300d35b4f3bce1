"""The rules behind figures, and the names of what they use, in the caller's language."""

from collections.abc import Mapping

from mes_server.domain.refusal import Words, words

RULES: Mapping[str, Words] = {
    "good": words(
        "Good = what the machine counted good at its own time while the order ran - what people reclassified as scrap or rework.",
        "合格数 = 工单运行期间（按设备时间）设备计为合格的数量 - 人工改判为报废或返工的数量。",
    ),
    "scrap": words(
        "Scrap = what the machine rejected + what people reclassified as scrap and did not take back.",
        "报废数 = 设备剔除的数量 + 人工改判为报废且未撤销的数量。",
    ),
    "rework": words(
        "Rework = what people reclassified as rework and did not take back.",
        "返工数 = 人工改判为返工且未撤销的数量。",
    ),
    "produced": words(
        "Produced = good + scrap + rework. Reclassifying adds nothing to it, and nothing is consumed twice.",
        "产出数 = 合格 + 报废 + 返工。改判不会增加产出，也不会重复消耗物料。",
    ),
    "counted": words(
        "A count belongs to the order that ran at the unit at machine time. Quarantined readings are kept and not booked; "
        "the running total proves each step.",
        "计数按设备时间归属于当时在该设备上运行的工单。被隔离的读数保留但不入账；累计值可验证每一步。",
    ),
    "entered": words(
        "People's scrap entries move good pieces to scrap or rework; entries taken back do not count.",
        "人工报废记录把合格品改判为报废或返工；已撤销的记录不计。",
    ),
    "posted_output": words(
        "What was counted was booked: good pieces from production to the unit's output place, rejects to scrap.",
        "计数已过账：合格品由“生产”转入设备产出库位，剔除品转入报废。",
    ),
    "balance": words(
        "A balance is the sum of its postings: everything that came less everything that went.",
        "库存余额等于其全部流水之和：所有转入减去所有转出。",
    ),
    "flows": words("All postings at this place, summed by kind.", "该库位的全部流水，按类型汇总。"),
    "newest_postings": words(
        "The newest postings, with the batch of facts or the person's command that each came from.",
        "最近的流水，及其来源（一批设备数据或人员指令）。",
    ),
    "consumption": words(
        "Variance = actual - standard. Actual = booked + what still waits for stock. A measured component is booked as "
        "weighed; the others at standard, less what was issued before.",
        "差异 = 实际 - 标准。实际 = 已过账 + 待料。称重物料按称重入账；其他物料按标准入账并减去已发数量。",
    ),
    "standard": words(
        "Standard = produced x quantity / base quantity x (1 + component scrap %), rounded once, from the bill that was "
        "frozen at release.",
        "标准用量 = 产出 x 用量 / 基准数量 x (1 + 损耗率)，仅舍入一次，取自下达时冻结的物料清单。",
    ),
    "actual": words(
        "Actual = what the ledger took into consumption for this operation, less what came back, + open shortages.",
        "实际用量 = 账上为该工序转入消耗的数量减去退回，加上未结缺料。",
    ),
    "money": words(
        "Variance in money = variance x standard cost of the component.",
        "差异金额 = 差异数量 x 该物料的标准成本。",
    ),
    "signal": words(
        "One signal is raised when the loop is due by its method and no other signal of it is open. Stock methods look at "
        "projected stock = on hand + open supply (calls, purchase orders, make orders) - reserved - waiting - asked by "
        "open calls of other places; forecasts at the running orders' real rate; cards and bins at what is empty.",
        "当回路按其补料方式到期、且没有未结补料单时，发出一张补料单。库存类方式看预计库存 = 现有 + 在途（补料、采购、生产）"
        " - 预留 - 待料 - 其他库位已叫未拣；预测方式看运行工单的实际速率；看板与料箱看空卡空箱。",
    ),
    "when_raised": words(
        "What the rule saw. On hand is replayed from the postings booked until then; what was reserved or waited is the "
        "difference to what was projected.",
        "规则触发时的数据。现有量由此前流水重算；预留与待料为其与预计库存之差。",
    ),
    "changed": words(
        "The call was changed after it was raised: grown by a further empty card, made smaller, called off, or asked about, "
        "because the orders it was for changed.",
        "补料单发出后被调整：因新的空卡增加，或因工单变化而减少、取消或询问。",
    ),
    "now": words("What the rule would see now.", "规则此刻的数据。"),
    "before": words(
        "The postings at that place before the signal, and the facts or the command that triggered it.",
        "补料单发出前该库位的流水，以及触发它的设备数据或指令。",
    ),
    "shortage": words(
        "What was consumed and not found in stock waits: waiting = short in all - booked since. It books itself, oldest "
        "first, when stock arrives; machine facts are never refused.",
        "已消耗但账上无库存的数量进入缺料队列：待料 = 累计缺料 - 已补过账。到货后按先后自动过账；设备数据从不被拒绝。",
    ),
    "booked_since": words(
        "What the same operation consumed of this item and could be booked.",
        "同一工序对该物料已成功过账的消耗。",
    ),
    "batch": words(
        "The batch of facts in which it happened, and its readings at this unit.",
        "发生时的设备数据批次及该设备的读数。",
    ),
    "no_order": words(
        "A count at a time at which no order ran at the unit belongs to none, until a team leader gives it to one.",
        "设备上没有工单运行时的计数不归属任何工单，直到班组长为其指定工单。",
    ),
    "reported": words(
        "Of what was counted, people reported this by hand, where no machine counts.",
        "计数中由人员手工报工的部分（无设备计数处）。",
    ),
    "restated": words(
        "Facts that came after the operation was completed changed its figures by this.",
        "工序完工后到达的数据使其数值变化如下。",
    ),
    "restated_hours": words(
        "Facts that came after their hour had closed changed the hours of this order by this.",
        "小时关闭后到达的数据使该工单的小时数值变化如下。",
    ),
}

LABELS: Mapping[str, Words] = {
    "good": words("good", "合格"),
    "scrap": words("scrap", "报废"),
    "rework": words("rework", "返工"),
    "counted_good": words("counted good", "设备计合格"),
    "counted_scrap": words("rejected by the machine", "设备剔除"),
    "entered_scrap": words("entered as scrap", "人工报废"),
    "entered_rework": words("entered as rework", "人工返工"),
    "reported_good": words("reported good by people", "人工报合格"),
    "reported_scrap": words("reported scrap by people", "人工报报废"),
    "restated_good": words("good, afterwards", "事后合格变化"),
    "restated_scrap": words("scrap, afterwards", "事后报废变化"),
    "readings": words("readings", "读数条数"),
    "came": words("came", "转入"),
    "went": words("went", "转出"),
    "produced": words("produced", "产出"),
    "quantity": words("quantity in the bill", "清单用量"),
    "base_quantity": words("base quantity", "基准数量"),
    "scrap_percent": words("component scrap %", "损耗率 %"),
    "measured": words("measured by a scale", "称重物料"),
    "standard": words("standard", "标准"),
    "booked": words("booked", "已过账"),
    "waiting": words("waiting for stock", "待料"),
    "actual": words("actual", "实际"),
    "variance": words("variance", "差异"),
    "standard_cost": words("standard cost", "标准成本"),
    "method": words("method", "补料方式"),
    "on_hand": words("on hand", "现有量"),
    "open_supply": words("open supply", "在途补料"),
    "reserved": words("reserved", "预留"),
    "reserved_and_waiting": words("reserved and waiting", "预留与待料"),
    "projected": words("projected", "预计库存"),
    "reorder_point": words("reorder point", "再订货点"),
    "wanted": words("wanted before order modifiers", "调整前的需求"),
    "rate_per_hour": words("drawn an hour", "每小时消耗"),
    "need": words("what the orders still want", "工单仍需"),
    "empty_cards": words("empty cards or bins", "空卡（箱）数"),
    "verdict": words("what was done", "处理"),
    "reason": words("reason", "原因"),
    "quantity_before": words("quantity before", "原数量"),
    "stock_without_call": words("projected without this call", "不含此单的预计库存"),
    "short": words("short in all", "累计缺料"),
    "free": words("free at the place now", "该库位当前可用"),
}
