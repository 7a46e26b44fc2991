"""The words of the public's pages, Chinese and English.

They are plain and calm: they say what is on record and what to do, and never more than the record shows.
"""

from __future__ import annotations

from foundation.web import Catalogue, Text

_VERDICTS = {
    "verdict.genuine": Text(zh="正品", en="Genuine"),
    "verdict.recalled": Text(zh="已召回", en="Recalled"),
    "verdict.expired": Text(zh="已过期", en="Expired"),
    "verdict.sold": Text(zh="已售出", en="Already sold"),
    "verdict.dispensed": Text(zh="已发药", en="Already dispensed"),
    "verdict.suspect": Text(zh="存疑", en="Doubtful"),
    "verdict.unknown": Text(zh="查无记录", en="No record"),
    "verdict.batch_only.lot": Text(zh="批次信息", en="Batch information"),
    "verdict.batch_only.product": Text(zh="产品信息", en="Product information"),
    "verdict.batch_only.place": Text(zh="地点信息", en="A place"),
    "verdict.batch_only.party": Text(zh="企业信息", en="An organisation"),
    "lead.genuine": Text(
        zh="生产者登记了这一件，流通记录前后一致。",
        en="Its producer registered this very item, and its journey is consistent.",
    ),
    "lead.recalled": Text(
        zh="这一件在召回范围内。请停止使用，并按下面的说明处理。",
        en="This item is part of a recall. Stop using it and follow the notice below.",
    ),
    "lead.recalled.batch": Text(
        zh="这一产品或批次正在召回。请停止使用，并按下面的说明处理。",
        en="This product or batch is being recalled. Stop using it and follow the notice below.",
    ),
    "lead.expired": Text(zh="有效期至{date}，请勿使用。", en="It was to be used by {date}. Do not use it."),
    "lead.sold": Text(
        zh="这一件于{date}售出。若那就是您的购买，一切正常；若不是，请向卖家核实后再使用。",
        en="This item was sold on {date}. If that was your purchase, all is well. "
        "If not, ask the seller before you use it.",
    ),
    "lead.dispensed": Text(
        zh="这一件于{date}发给患者。若那就是您的取药，一切正常；若不是，请咨询药师后再使用。",
        en="This item was dispensed on {date}. If that was to you, all is well. "
        "If not, ask a pharmacist before you use it.",
    ),
    "lead.suspect": Text(
        zh="这个编码的记录自相矛盾，它可能被复制过。核实之前请勿使用。",
        en="The records of this code contradict each other; it may have been copied. "
        "Do not use the item until you have checked.",
    ),
    "lead.suspect.stranger": Text(
        zh="登记生产这一件的一方并不拥有这个编码。核实之前请勿使用。",
        en="The party that registered this item does not own its number. "
        "Do not use the item until you have checked.",
    ),
    "lead.unknown": Text(
        zh="日志里没有这一件的生产记录，因此无法判断。可能尚未登记，也可能编码有误。",
        en="The log holds no record of this item being made, so nothing can be said about it. "
        "It may not be registered yet, or the code may be wrong.",
    ),
    "lead.batch_only.lot": Text(
        zh="这个编码只指明批次，没有单件序列号，无法判断您手中这一件的真伪。",
        en="This code names a batch, without a serial number: it cannot tell whether the item "
        "in your hand is genuine.",
    ),
    "lead.batch_only.product": Text(
        zh="这个编码只指明产品，没有单件序列号，无法判断您手中这一件的真伪。",
        en="This code names a product, without a serial number: it cannot tell whether the item "
        "in your hand is genuine.",
    ),
    "lead.batch_only.place": Text(
        zh="这个编码指明一个地点，不是商品。", en="This code names a place, not an item."
    ),
    "lead.batch_only.party": Text(
        zh="这个编码指明一家企业，不是商品。", en="This code names an organisation, not an item."
    ),
}

_REASONS = {
    "reason.recalled": Text(zh="{issuer}于{date}发布召回。", en="{issuer} issued a recall on {date}."),
    "reason.made_by_owner": Text(
        zh="{party}于{date}登记生产，编码属于该企业。",
        en="{party} recorded making it on {date}, and the number belongs to that company.",
    ),
    "reason.made_by_stranger": Text(
        zh="登记生产的{party}并不拥有这个编码。",
        en="{party} recorded making it, but the number does not belong to that party.",
    ),
    "reason.no_recall": Text(zh="没有对它的召回。", en="No recall covers it."),
    "reason.no_contradiction": Text(
        zh="流通记录中没有发现矛盾。", en="No contradiction was found in its journey."
    ),
    "reason.not_sold": Text(zh="还没有售出记录。", en="No sale has been recorded yet."),
    "reason.two_places": Text(
        zh="{date}，同一编码几乎同时出现在两个地方。",
        en="On {date} the same code appeared in two places at practically the same time.",
    ),
    "reason.double_commissioning": Text(
        zh="同一编码被登记生产了不止一次（{date}）。",
        en="The same number was recorded as made more than once ({date}).",
    ),
    "reason.seen_after_end": Text(
        zh="编码已注销，但{date}又出现了。",
        en="The number had been taken out of use, yet it was seen again on {date}.",
    ),
    "reason.seen_before_start": Text(
        zh="在登记生产之前（{date}）就已出现。", en="It was seen on {date}, before it was recorded as made."
    ),
    "reason.scanned_widely": Text(
        zh="截至{date}，这个编码在许多不同的地方被查询。",
        en="By {date} this one code had been looked up in many different places.",
    ),
    "reason.other_contradiction": Text(
        zh="流通记录中有互相矛盾之处。", en="Its journey contains records that contradict each other."
    ),
    "reason.sold_repeatedly": Text(
        zh="这一件有 {count} 次售出记录；一件商品通常只售出一次。",
        en="It was recorded as sold {count} times; one item is normally sold once.",
    ),
    "reason.other_lot": Text(
        zh="编码上的批号与登记的批号不同。",
        en="The code states another batch than the one on record.",
    ),
    "reason.no_record": Text(zh="日志中没有这个编码。", en="The log does not know this code."),
    "reason.never_made": Text(
        zh="有关于它的记录，但没有人登记过它的生产。",
        en="It appears in records, but nobody recorded making it.",
    ),
    "reason.expired": Text(zh="有效期至{date}。", en="Its expiry date was {date}."),
    "reason.best_before_passed": Text(
        zh="已过最佳食用日期（{date}）。", en="Its best-before date has passed ({date})."
    ),
    "reason.sold_once": Text(zh="{date}有一次售出记录。", en="One sale is on record, on {date}."),
    "reason.dispensed_once": Text(zh="{date}有一次发药记录。", en="One dispensing is on record, on {date}."),
}

_STEPS = {
    # CBV 2.0 §7.1 business steps
    "step.accepting": Text(zh="验收", en="Accepted"),
    "step.arriving": Text(zh="到达", en="Arrived"),
    "step.assembling": Text(zh="组装", en="Assembled"),
    "step.collecting": Text(zh="收集", en="Collected"),
    "step.commissioning": Text(zh="生产赋码", en="Made and given its code"),
    "step.consigning": Text(zh="交运", en="Consigned"),
    "step.creating_class_instance": Text(zh="批次生产", en="Batch made"),
    "step.cycle_counting": Text(zh="循环盘点", en="Counted"),
    "step.decommissioning": Text(zh="注销编码", en="Code taken out of use"),
    "step.departing": Text(zh="离开", en="Departed"),
    "step.destroying": Text(zh="销毁", en="Destroyed"),
    "step.disassembling": Text(zh="拆解", en="Taken apart"),
    "step.dispensing": Text(zh="发药", en="Dispensed"),
    "step.encoding": Text(zh="写入标签", en="Tag written"),
    "step.entering_exiting": Text(zh="进出", en="Entered or left"),
    "step.holding": Text(zh="暂存", en="Held"),
    "step.inspecting": Text(zh="检验", en="Inspected"),
    "step.installing": Text(zh="安装", en="Installed"),
    "step.killing": Text(zh="停用标签", en="Tag disabled"),
    "step.loading": Text(zh="装车", en="Loaded"),
    "step.other": Text(zh="其他环节", en="Another step"),
    "step.packing": Text(zh="装箱", en="Packed"),
    "step.picking": Text(zh="拣货", en="Picked"),
    "step.receiving": Text(zh="收货", en="Received"),
    "step.removing": Text(zh="移除", en="Removed"),
    "step.repackaging": Text(zh="重新包装", en="Repackaged"),
    "step.repairing": Text(zh="维修", en="Repaired"),
    "step.replacing": Text(zh="更换", en="Replaced"),
    "step.reserving": Text(zh="预留", en="Reserved"),
    "step.retail_selling": Text(zh="零售", en="Sold"),
    "step.sampling": Text(zh="抽样", en="Sampled"),
    "step.sensor_reporting": Text(zh="温湿度记录", en="Sensor reading"),
    "step.shipping": Text(zh="发货", en="Shipped"),
    "step.staging_outbound": Text(zh="待发", en="Staged for dispatch"),
    "step.stock_taking": Text(zh="盘点", en="Stock taken"),
    "step.stocking": Text(zh="上架", en="Put on the shelf"),
    "step.storing": Text(zh="入库", en="Stored"),
    "step.transporting": Text(zh="运输", en="In transport"),
    "step.unloading": Text(zh="卸车", en="Unloaded"),
    "step.unpacking": Text(zh="拆箱", en="Unpacked"),
    "step.void_shipping": Text(zh="取消发货", en="Shipment cancelled"),
    "step.transforming": Text(zh="加工", en="Processed"),
}

_PAGE = {
    "page.checked": Text(zh="查询时间 {time}（{zone}）", en="Checked {time} ({zone})"),
    "page.reasons": Text(zh="依据", en="Why"),
    "page.advice": Text(zh="您可以这样做", en="What you can do"),
    "advice.unknown": Text(
        zh="对照包装再核对一遍编码；仍查不到，就请向卖家或生产者询问。查无记录不等于假货。",
        en="Compare the code with the package once more. If it is still not found, ask the seller or the "
        "producer. No record does not mean that the item is counterfeit.",
    ),
    "advice.suspect": Text(
        zh="先不要使用，保留包装和购买凭证，向生产者或监管部门核实。",
        en="Do not use it yet. Keep the package and the receipt, and ask the producer or the authority.",
    ),
    "page.recall": Text(zh="召回公告", en="Recall notice"),
    "page.recall.by": Text(zh="{issuer}，{date}", en="{issuer}, {date}"),
    "page.recall.advice": Text(zh="怎么办", en="What to do"),
    "page.product": Text(zh="产品", en="Product"),
    "page.code": Text(zh="编码", en="Code"),
    "page.brand": Text(zh="品牌", en="Brand"),
    "page.producer": Text(zh="生产者", en="Producer"),
    "page.lot": Text(zh="批号", en="Batch"),
    "page.serial": Text(zh="序列号", en="Serial number"),
    "page.production_date": Text(zh="生产日期", en="Made on"),
    "page.expiry_date": Text(zh="有效期至", en="Expires"),
    "page.best_before": Text(zh="最佳食用日期", en="Best before"),
    "page.chain": Text(zh="一路走来", en="Its journey"),
    "page.chain.lead": Text(
        zh="从生产到现在，共 {count} 个环节。", en="From its making until now, {count} steps."
    ),
    "page.chain.one": Text(zh="目前只有 1 个环节。", en="One step so far."),
    "page.chain.container": Text(zh="随箱", en="Inside its carton"),
    "page.chain.hidden": Text(zh="参与方未公开", en="Participant not disclosed"),
    "page.origins": Text(zh="原料来源", en="Where it comes from"),
    "page.origins.lot": Text(zh="批号 {lot}", en="Batch {lot}"),
    "page.proof": Text(zh="如何自己核验", en="Check it yourself"),
    "page.proof.lead": Text(
        zh="这条生产记录是日志 {origin} 的第 {position} 条，自 {time} 起未被改动。"
        "证明文件可以离线核验，不必相信本网站。",
        en="The record of its making is entry {position} of the log {origin}, unchanged since {time}. "
        "The proof can be checked offline, without trusting this website.",
    ),
    "page.proof.undated": Text(
        zh="这条生产记录是日志 {origin} 的第 {position} 条。证明文件可以离线核验，不必相信本网站。",
        en="The record of its making is entry {position} of the log {origin}. "
        "The proof can be checked offline, without trusting this website.",
    ),
    "page.proof.limit": Text(
        zh="证明说的是记录没有被改动；它不能说明包装上的编码没有被抄走。",
        en="The proof shows that the record was not altered. It cannot show that nobody copied the code "
        "from the package.",
    ),
    "page.proof.download": Text(zh="下载证明", en="Download the proof"),
    "page.proof.how": Text(zh="在自己的电脑上核验：", en="Then, on your own computer:"),
    "page.proof.keys": Text(
        zh="KEYS 是您从别处取得并信任的日志公钥文件。",
        en="KEYS is a file of the log's public keys that you got elsewhere and trust.",
    ),
    "page.proof.size": Text(zh="检查点条数", en="Entries under the checkpoint"),
    "page.proof.root": Text(zh="根哈希", en="Root hash"),
    "page.proof.cosigners": Text(zh="共同签名", en="Cosigned by"),
    "page.proof.details": Text(zh="检查点与事件编号", en="Checkpoint and event numbers"),
    "page.proof.events": Text(zh="依据的事件", en="Events relied on"),
    "page.another": Text(zh="查询另一件", en="Check another item"),
    "home.title": Text(zh="查一查它从哪里来", en="Find out where it comes from"),
    "home.lead": Text(
        zh="输入食品或药品包装上的编码，查真伪、查来路、查召回。",
        en="Enter the code on a food or drug package to see whether it is genuine, "
        "where it has been, and whether it was recalled.",
    ),
    "home.label": Text(zh="包装上的编码", en="Code on the package"),
    "home.button": Text(zh="查询", en="Check"),
    "home.hint": Text(
        zh="可以粘贴二维码里的网址，也可以输入括号格式的编码或 14 位商品编码。",
        en="Paste the address inside the QR code, or type the code with its brackets, or the 14 digits "
        "of the product number.",
    ),
    "home.examples": Text(zh="写法示例", en="What a code looks like"),
    "home.example.link": Text(zh="二维码里的网址", en="Address in a QR code"),
    "home.example.element": Text(zh="印在条码下面的编码", en="Printed under a barcode"),
    "home.example.gtin": Text(
        zh="只有商品编码（查不到单件）", en="Product number only (no verdict on the item)"
    ),
    "home.how": Text(zh="为什么可信", en="Why you can rely on it"),
    "home.how.log": Text(zh="只增不改", en="Only ever added to"),
    "home.how.log.text": Text(
        zh="从生产到销售，每一步都写入一份签名日志，写入后谁也改不了。",
        en="Every step from making to selling goes into a signed log that nobody can rewrite.",
    ),
    "home.how.owner": Text(zh="编码有主人", en="Numbers have owners"),
    "home.how.owner.text": Text(
        zh="只有编码的主人登记过的商品，才会显示为正品。",
        en="An item is called genuine only if the owner of its number registered it.",
    ),
    "home.how.proof": Text(zh="可以自己核验", en="You can check for yourself"),
    "home.how.proof.text": Text(
        zh="查询结果附有证明文件，离线就能核验，不必相信我们。",
        en="Results come with a proof that you can check offline, without trusting us.",
    ),
    "bad.title": Text(zh="这个编码无法读懂", en="This code cannot be read"),
    "bad.lead": Text(
        zh="它不符合 GS1 编码规则，多半是输错或漏了字符。请对照包装再试一次。",
        en="It breaks a rule of GS1 codes, most likely through a mistyped or missing character. "
        "Compare it with the package and try again.",
    ),
    "bad.empty": Text(zh="请先输入编码。", en="Please enter a code first."),
    "bad.read": Text(zh="读到的内容", en="What was read"),
    "bad.rule": Text(zh="不符合的规则", en="The rule it breaks"),
    "bad.rule.check_digit": Text(
        zh="末位校验码应为 {right}，读到的是 {found}：多半有一位输错了。",
        en="The check digit must be {right}, it is {found}.",
    ),
    "bad.rule.gtin_length": Text(
        zh="商品编码应为 8、12、13 或 14 位数字，读到 {found} 位。",
        en="A product number has 8, 12, 13 or 14 digits, this has {found}.",
    ),
}

_LINKS = {
    "link.defaultLink": Text(zh="查询页", en="Verification page"),
    "link.pip": Text(zh="产品信息", en="Product information"),
    "link.traceability": Text(zh="流通记录", en="Traceability information"),
    "link.recallStatus": Text(zh="召回情况", en="Recall status"),
    "link.locationInfo": Text(zh="地点信息", en="Location information"),
    "link.registryEntry": Text(zh="企业信息", en="Organisation information"),
}

WORDS = Catalogue(_VERDICTS | _REASONS | _STEPS | _PAGE | _LINKS)
