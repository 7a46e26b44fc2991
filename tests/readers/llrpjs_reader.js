// A reader played by llrpjs (npm, MIT): an LLRP implementation that shares no code with ours.
// node llrpjs_reader.js PORT TAGS_PER_REPORT PERIOD_MS TRIGGER   (TRIGGER: immediate | start)
const { LLRPServer, LLRPCore, LLRPMessage } = require("llrpjs");
const [port, tags, period, trigger] = [Number(process.argv[2]), Number(process.argv[3]), Number(process.argv[4]), process.argv[5]];
const server = new LLRPServer({ host: "127.0.0.1", port });

// llrpjs 1.0.1 takes one message of a TCP segment only; take them all.
server.onData = function (data) {
  this._scanner.addBuffer(data);
  for (let bytes; (bytes = this._scanner.getNext()); ) {
    const message = new LLRPMessage(bytes).decode();
    this._ee.emit(message.getName(), message);
  }
};

const done = { StatusCode: "M_Success", ErrorDescription: "" };
const answer = (request, name, data = {}) =>
  server.send(new LLRPCore[name]({ id: request.getMessageId(), data: { LLRPStatus: done, ...data } }));
let reporting = null, alive = null, serial = 0;
const quiet = () => { clearInterval(reporting); clearInterval(alive); };

function tag() {
  const now = new Date();
  const hex = (0x30340000n << 64n | BigInt(serial++ % 50)).toString(16).padStart(24, "0");
  return {
    EPC_96: { EPC: hex }, AntennaID: { AntennaID: 2 }, PeakRSSI: { PeakRSSI: -47 },
    ChannelIndex: { ChannelIndex: 7 }, FirstSeenTimestampUTC: { Microseconds: now },
    LastSeenTimestampUTC: { Microseconds: now }, TagSeenCount: { TagCount: 3 }, C1G2_PC: { PC_Bits: 0x3000 },
  };
}
function begin() {
  clearInterval(reporting);
  reporting = setInterval(() => {
    const found = Array.from({ length: tags }, tag);
    server.send(new LLRPCore.RO_ACCESS_REPORT({ data: { TagReportData: found } })).catch(() => {});
  }, period);
}

server.on("connection", () => {
  server._scanner.resetBuffer();
  server.send(new LLRPCore.READER_EVENT_NOTIFICATION({ data: { ReaderEventNotificationData: {
    UTCTimestamp: { Microseconds: new Date() }, ConnectionAttemptEvent: { Status: "Success" } } } }));
});
server.on("disconnect", quiet);
server.on("error", (error) => console.log("error", error.message));
server.on("GET_READER_CAPABILITIES", (m) => answer(m, "GET_READER_CAPABILITIES_RESPONSE", {
  GeneralDeviceCapabilities: {
    MaxNumberOfAntennaSupported: 4, CanSetAntennaProperties: 0, HasUTCClockCapability: 1, DeviceManufacturerName: 99999,
    ModelName: 1, ReaderFirmwareVersion: "llrpjs", ReceiveSensitivityTableEntry: [{ Index: 1, ReceiveSensitivityValue: 0 }],
    GPIOCapabilities: { NumGPIs: 0, NumGPOs: 0 }, PerAntennaAirProtocol: [{ AntennaID: 1, ProtocolID: ["EPCGlobalClass1Gen2"] }],
  } }));
server.on("SET_READER_CONFIG", (m) => {
  const every = m.getKeepaliveSpec().getPeriodicTriggerValue();
  console.log("keepalive", every);
  alive = setInterval(() => server.send(new LLRPCore.KEEPALIVE({ data: {} })).catch(() => {}), every);
  answer(m, "SET_READER_CONFIG_RESPONSE");
});
server.on("KEEPALIVE_ACK", () => console.log("acknowledged"));
server.on("ADD_ROSPEC", (m) => {
  const spec = m.getROSpec();
  console.log("rospec", spec.getROSpecID(), spec.getROBoundarySpec().getROSpecStartTrigger().getROSpecStartTriggerType(),
    JSON.stringify(m.toLLRPData().data));
  answer(m, "ADD_ROSPEC_RESPONSE");
});
server.on("ENABLE_ROSPEC", (m) => { answer(m, "ENABLE_ROSPEC_RESPONSE"); if (trigger === "immediate") begin(); });
server.on("START_ROSPEC", (m) => { answer(m, "START_ROSPEC_RESPONSE"); begin(); });
server.on("STOP_ROSPEC", (m) => { clearInterval(reporting); answer(m, "STOP_ROSPEC_RESPONSE"); });
server.on("DELETE_ROSPEC", (m) => { clearInterval(reporting); answer(m, "DELETE_ROSPEC_RESPONSE"); });
server.on("ENABLE_EVENTS_AND_REPORTS", () => console.log("reports enabled"));
server.on("CLOSE_CONNECTION", (m) => { quiet(); console.log("closed"); answer(m, "CLOSE_CONNECTION_RESPONSE").then(() => server.disconnect()); });
server._server.on("listening", () => console.log("listening"));
server.listen();
