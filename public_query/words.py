"""The words of the public's pages, Chinese and English.

They are plain and calm: they say what is on record and what to do, and never more than the record shows.
"""

from __future__ import annotations

from foundation.web import Catalogue, Text

_VERDICTS = {
    "verdict.genuine": Text(zh="正品", en="Genuine"),
    "verdict.recalled": Text(zh="已召回", en="Recalled"),
    "verdict.ended": Text(zh="已退出流通", en="Taken out of use"),
    "verdict.expired": Text(zh="已过期", en="Expired"),
    "verdict.sold": Text(zh="已售出", en="Already sold"),
    "verdict.dispensed": Text(zh="已发药", en="Already dispensed"),
    "verdict.suspect": Text(zh="存疑", en="Doubtful"),
    "verdict.unknown": Text(zh="查无记录", en="No record"),
    "verdict.batch_only.lot": Text(zh="批次信息", en="Batch information"),
    "verdict.batch_only.product": Text(zh="产品信息", en="Product information"),
    "verdict.not_a_product": Text(zh="非商品编码", en="Not a product code"),
    "verdict.not_a_product.place": Text(zh="地点信息", en="A place"),
    "verdict.not_a_product.party": Text(zh="企业信息", en="An organisation"),
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
    "lead.ended": Text(
        zh="登记显示，它已于{date}退出流通，不应再出售或使用。",
        en="Its own record says that it was taken out of use on {date}. "
        "It should no longer be on sale or in use.",
    ),
    "lead.ended.stolen": Text(
        zh="它于{date}登记为被盗，不应再出售或使用。",
        en="It was reported stolen on {date}. It should not be on sale or in use.",
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
        zh="日志里没有编码所有者登记的生产记录，因此无法判断。可能尚未登记，也可能编码有误。",
        en="The log holds no record of its making by the owner of its number, so nothing can be said about "
        "it. It may not be registered yet, or the code may be wrong.",
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
    "lead.not_a_product.place": Text(
        zh="这个编码指明一个地点，不是商品。", en="This code names a place, not an item."
    ),
    "lead.not_a_product.party": Text(
        zh="这个编码指明一家企业，不是商品。", en="This code names an organisation, not an item."
    ),
    "lead.not_a_product.shipping_unit": Text(
        zh="这个编码属于运输单元，例如纸箱或托盘。它的行程只向经手的各方显示。",
        en="This code belongs to a shipping unit, such as a carton or a pallet. "
        "Its journey is shown only to those who handle it.",
    ),
    "lead.not_a_product.shipment": Text(
        zh="这个编码属于一批托运或发运的货物。它的行程只向经手的各方显示。",
        en="This code belongs to a consignment or shipment. "
        "Its journey is shown only to those who handle it.",
    ),
    "lead.not_a_product.asset": Text(
        zh="这个编码属于可重复使用的资产，例如周转箱、容器或设备。它的行程只向经手的各方显示。",
        en="This code belongs to an asset that is used again and again, such as a crate, a container "
        "or a device. Its journey is shown only to those who handle it.",
    ),
    "lead.not_a_product.document": Text(
        zh="这个编码属于单据或凭证。与它有关的记录只向经手的各方显示。",
        en="This code belongs to a document or voucher. What is recorded of it is shown only to those "
        "who handle it.",
    ),
    "lead.not_a_product.relation": Text(
        zh="这个编码属于一项服务关系，指明提供或接受服务的一方。与它有关的记录只向当事各方显示。",
        en="This code belongs to a service relation: it names one who gives or receives a service. "
        "What is recorded of it is shown only to those concerned.",
    ),
    "lead.not_a_product.other": Text(
        zh="这个编码不是 GS1 商品编码。与它有关的记录只向经手的各方显示。",
        en="This is not a GS1 product code. What is recorded of it is shown only to those who handle it.",
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
    "reason.made_by_another": Text(
        zh="另有一家企业也登记生产了这个编码；它不拥有这个编码，不予采信。",
        en="Another company also recorded making this number; it does not own the number and is not counted.",
    ),
    "reason.made_by_another.many": Text(
        zh="另有企业也登记生产了这个编码（{count} 次）；它们不拥有这个编码，不予采信。",
        en="Other companies also recorded making this number ({count} times); they do not own the number "
        "and are not counted.",
    ),
    "reason.statements_left_out": Text(
        zh="有 1 条来自流通链以外企业的说法未予采信。",
        en="One statement by a company outside this item's chain was left out.",
    ),
    "reason.statements_left_out.many": Text(
        zh="有 {count} 条来自流通链以外企业的说法未予采信。",
        en="{count} statements by companies outside this item's chain were left out.",
    ),
    "reason.no_recall": Text(
        zh="这里没有关于这一件、它的批次或这一产品的召回记录。",
        en="No recall of this item, its batch or its product is recorded here.",
    ),
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
        zh="有关于它的记录，但编码的所有者没有登记过它的生产。",
        en="It appears in records, but the owner of its number recorded no making of it.",
    ),
    "reason.only_outsiders": Text(
        zh="只有流通链以外的企业提到过它，这些说法未予采信。",
        en="Only companies outside its chain speak of it, and they are not counted.",
    ),
    "reason.ended.destroyed": Text(zh="{date}登记为已销毁。", en="It was recorded as destroyed on {date}."),
    "reason.ended.decommissioned": Text(
        zh="{date}登记注销了它的编码。", en="Its number was taken out of use on {date}."
    ),
    "reason.ended.stolen": Text(zh="{date}登记为被盗。", en="It was reported stolen on {date}."),
    "reason.ended.used_up": Text(
        zh="{date}登记为已用作原料或部件，不再单独存在。",
        en="It was recorded on {date} as used up in making something else.",
    ),
    "reason.ended.damaged": Text(zh="{date}登记为已损坏。", en="It was recorded as damaged on {date}."),
    "reason.ended.expired_stated": Text(
        zh="{date}登记为已过期。", en="It was recorded as expired on {date}."
    ),
    "reason.ended.other": Text(
        zh="{date}登记为不能再使用。", en="It was recorded on {date} as no longer fit for use."
    ),
    "reason.published_by_owner": Text(
        zh="名称和城市由编码的所有者公布。",
        en="Its name and city are those that the owner of the code published.",
    ),
    "reason.nothing_published": Text(
        zh="编码的所有者没有在这里公布它的名称。",
        en="The owner of the code has published no name for it here.",
    ),
    "reason.key.shipping_unit": Text(
        zh="以（00）开头的编码（SSCC）用于运输单元。",
        en="Codes that begin with (00), SSCC, are given to shipping units.",
    ),
    "reason.key.shipment": Text(
        zh="以（401）或（402）开头的编码（GINC、GSIN）用于托运和发运。",
        en="Codes that begin with (401) or (402), GINC and GSIN, are given to consignments and shipments.",
    ),
    "reason.key.asset": Text(
        zh="这类编码（GRAI、GIAI、箱号、船舶编号）用于周转容器、设备和运输工具。",
        en="Codes of this kind (GRAI, GIAI, container and vessel numbers) are given to crates, containers, "
        "devices and means of transport.",
    ),
    "reason.key.document": Text(
        zh="这类编码（GDTI、GCN、付款单号）用于单据、优惠券和付款单。",
        en="Codes of this kind (GDTI, GCN, payment references) are given to documents, coupons "
        "and payment slips.",
    ),
    "reason.key.relation": Text(
        zh="以（8017）或（8018）开头的编码（GSRN）用于服务关系。",
        en="Codes that begin with (8017) or (8018), GSRN, are given to service relations.",
    ),
    "reason.key.other": Text(
        zh="它不含 GS1 用于商品的任何一种编码。", en="It holds none of the keys that GS1 gives to products."
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
    "advice.ended": Text(
        zh="商家不得出售。若有人向您出售，或您刚刚买到，请先不要使用，保留包装和购买凭证，向卖家或生产者核实。",
        en="A shop must not sell it. If it is offered to you, or you have just bought it, do not use it yet: "
        "keep the package and the receipt, and ask the seller or the producer.",
    ),
    "advice.ended.stolen": Text(
        zh="商家不得出售。若有人向您出售，或您刚刚买到，请不要使用，保留包装和购买凭证，并告知生产者或警方。",
        en="A shop must not sell it. If it is offered to you, or you have just bought it, do not use it: "
        "keep the package and the receipt, and tell the producer or the police.",
    ),
    "advice.not_a_product": Text(
        zh="要查一件商品，请扫描商品自身包装上的编码。如果您经手这批货物，请登录您的系统查看。",
        en="To check a product, scan the code on its own package. If you handle these goods, "
        "look it up in your own system.",
    ),
    "advice.not_a_product.open": Text(
        zh="要查一件商品，请扫描商品自身包装上的编码。",
        en="To check a product, scan the code on its own package.",
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
    "page.chain.cut": Text(
        zh="从生产到现在，共 {count} 个环节，以下是最近 {shown} 个。",
        en="From its making until now, {count} steps; these are the latest {shown}.",
    ),
    "page.chain.left_out": Text(zh="更早的 {count} 个环节未显示", en="{count} earlier steps are not shown"),
    "page.chain.left_out.one": Text(zh="更早的 1 个环节未显示", en="1 earlier step is not shown"),
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
    "busy.title": Text(zh="请稍候再查", en="One moment"),
    "busy.lead": Text(
        zh="现在查询的人很多，还没有轮到您的编码。这与您手中的商品无关，请过几秒再试。",
        en="Many people are checking just now, and your code has not been looked up yet. "
        "This says nothing about your item. Please try again in a few seconds.",
    ),
    "busy.again": Text(zh="再试一次", en="Try again"),
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
    "link.backgroundInfo": Text(zh="关于这个编码", en="About this code"),
    "link.locationInfo": Text(zh="地点信息", en="Location information"),
    "link.registryEntry": Text(zh="企业信息", en="Organisation information"),
}

WORDS = Catalogue(_VERDICTS | _REASONS | _STEPS | _PAGE | _LINKS)
