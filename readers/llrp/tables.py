"""The messages and parameters of LLRP as a table, one line each.

A line is `number name: field type, field type, …`. The types are those of the LLRP binary encoding
(LLRP 1.1 §17; 1.0.1 is a subset):

- `u1 u2 u8 u16 u32 u64 s8 s16`: integers, big endian; bit fields run from the highest bit down
- `rN`: N reserved bits, written as zero and not looked at
- `u96`: 12 bytes
- `utf8 u8v u16v u32v`: a 16-bit count and then so many elements; `bits`: a 16-bit count of bits
- `rest`: bytes to the end

Whatever follows the fields of a message or a parameter is a sequence of parameters. Numbers below 128 are TV
parameters (one byte of type, no length), the others TLV. What is not listed here is kept as it came.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = [
    "MESSAGES",
    "PARAMETERS",
    "RESPONSES",
    "ConnectionStatus",
    "NotificationEvent",
    "StartTrigger",
    "StatusCode",
    "StopTrigger",
]

MESSAGES = """
1 GET_READER_CAPABILITIES: RequestedData u8
2 GET_READER_CONFIG: AntennaID u16, RequestedData u8, GPIPortNum u16, GPOPortNum u16
3 SET_READER_CONFIG: ResetToFactoryDefault u1, - r7
4 CLOSE_CONNECTION_RESPONSE:
11 GET_READER_CAPABILITIES_RESPONSE:
12 GET_READER_CONFIG_RESPONSE:
13 SET_READER_CONFIG_RESPONSE:
14 CLOSE_CONNECTION:
20 ADD_ROSPEC:
21 DELETE_ROSPEC: ROSpecID u32
22 START_ROSPEC: ROSpecID u32
23 STOP_ROSPEC: ROSpecID u32
24 ENABLE_ROSPEC: ROSpecID u32
25 DISABLE_ROSPEC: ROSpecID u32
26 GET_ROSPECS:
30 ADD_ROSPEC_RESPONSE:
31 DELETE_ROSPEC_RESPONSE:
32 START_ROSPEC_RESPONSE:
33 STOP_ROSPEC_RESPONSE:
34 ENABLE_ROSPEC_RESPONSE:
35 DISABLE_ROSPEC_RESPONSE:
36 GET_ROSPECS_RESPONSE:
40 ADD_ACCESSSPEC:
41 DELETE_ACCESSSPEC: AccessSpecID u32
42 ENABLE_ACCESSSPEC: AccessSpecID u32
43 DISABLE_ACCESSSPEC: AccessSpecID u32
44 GET_ACCESSSPECS:
46 GET_SUPPORTED_VERSION:
47 SET_PROTOCOL_VERSION: ProtocolVersion u8
50 ADD_ACCESSSPEC_RESPONSE:
51 DELETE_ACCESSSPEC_RESPONSE:
52 ENABLE_ACCESSSPEC_RESPONSE:
53 DISABLE_ACCESSSPEC_RESPONSE:
54 GET_ACCESSSPECS_RESPONSE:
56 GET_SUPPORTED_VERSION_RESPONSE: CurrentVersion u8, SupportedVersion u8
57 SET_PROTOCOL_VERSION_RESPONSE:
60 GET_REPORT:
61 RO_ACCESS_REPORT:
62 KEEPALIVE:
63 READER_EVENT_NOTIFICATION:
64 ENABLE_EVENTS_AND_REPORTS:
72 KEEPALIVE_ACK:
100 ERROR_MESSAGE:
1023 CUSTOM_MESSAGE: VendorIdentifier u32, MessageSubtype u8, Data rest
"""

PARAMETERS = """
1 AntennaID: AntennaID u16
2 FirstSeenTimestampUTC: Microseconds u64
3 FirstSeenTimestampUptime: Microseconds u64
4 LastSeenTimestampUTC: Microseconds u64
5 LastSeenTimestampUptime: Microseconds u64
6 PeakRSSI: PeakRSSI s8
7 ChannelIndex: ChannelIndex u16
8 TagSeenCount: TagCount u16
9 ROSpecID: ROSpecID u32
10 InventoryParameterSpecID: InventoryParameterSpecID u16
11 C1G2_CRC: CRC u16
12 C1G2_PC: PC_Bits u16
13 EPC_96: EPC u96
14 SpecIndex: SpecIndex u16
15 ClientRequestOpSpecResult: OpSpecID u16
16 AccessSpecID: AccessSpecID u32
17 OpSpecID: OpSpecID u16
18 C1G2SingulationDetails: NumCollisionSlots u16, NumEmptySlots u16
19 C1G2_XPC_W1: XPC_W1 u16
20 C1G2_XPC_W2: XPC_W2 u16
128 UTCTimestamp: Microseconds u64
129 Uptime: Microseconds u64
137 GeneralDeviceCapabilities: MaxNumberOfAntennaSupported u16, CanSetAntennaProperties u1, \
HasUTCClockCapability u1, - r14, DeviceManufacturerName u32, ModelName u32, ReaderFirmwareVersion utf8
139 ReceiveSensitivityTableEntry: Index u16, ReceiveSensitivityValue s16
140 PerAntennaAirProtocol: AntennaID u16, ProtocolID u8v
141 GPIOCapabilities: NumGPIs u16, NumGPOs u16
142 LLRPCapabilities: CanDoRFSurvey u1, CanReportBufferFillWarning u1, SupportsClientRequestOpSpec u1, \
CanDoTagInventoryStateAwareSingulation u1, SupportsEventAndReportHolding u1, - r3, \
MaxNumPriorityLevelsSupported u8, ClientRequestOpSpecTimeout u16, MaxNumROSpecs u32, \
MaxNumSpecsPerROSpec u32, MaxNumInventoryParameterSpecsPerAISpec u32, MaxNumAccessSpecs u32, \
MaxNumOpSpecsPerAccessSpec u32
143 RegulatoryCapabilities: CountryCode u16, CommunicationsStandard u16
144 UHFBandCapabilities:
145 TransmitPowerLevelTableEntry: Index u16, TransmitPowerValue s16
146 FrequencyInformation: Hopping u1, - r7
147 FrequencyHopTable: HopTableID u8, - r8, Frequency u32v
148 FixedFrequencyTable: Frequency u32v
149 PerAntennaReceiveSensitivityRange: AntennaID u16, ReceiveSensitivityIndexMin u16, \
ReceiveSensitivityIndexMax u16
177 ROSpec: ROSpecID u32, Priority u8, CurrentState u8
178 ROBoundarySpec:
179 ROSpecStartTrigger: ROSpecStartTriggerType u8
180 PeriodicTriggerValue: Offset u32, Period u32
181 GPITriggerValue: GPIPortNum u16, GPIEvent u1, - r7, Timeout u32
182 ROSpecStopTrigger: ROSpecStopTriggerType u8, DurationTriggerValue u32
183 AISpec: AntennaIDs u16v
184 AISpecStopTrigger: AISpecStopTriggerType u8, DurationTrigger u32
185 TagObservationTrigger: TriggerType u8, - r8, NumberOfTags u16, NumberOfAttempts u16, T u16, Timeout u32
186 InventoryParameterSpec: InventoryParameterSpecID u16, ProtocolID u8
187 RFSurveySpec: AntennaID u16, StartFrequency u32, EndFrequency u32
188 RFSurveySpecStopTrigger: StopTriggerType u8, DurationPeriod u32, N u32
207 AccessSpec: AccessSpecID u32, AntennaID u16, ProtocolID u8, CurrentState u1, - r7, ROSpecID u32
208 AccessSpecStopTrigger: AccessSpecStopTrigger u8, OperationCountValue u16
209 AccessCommand:
217 LLRPConfigurationStateValue: LLRPConfigurationStateValue u32
218 Identification: IDType u8, ReaderID u8v
219 GPOWriteData: GPOPortNumber u16, GPOData u1, - r7
220 KeepaliveSpec: KeepaliveTriggerType u8, PeriodicTriggerValue u32
221 AntennaProperties: AntennaConnected u1, - r7, AntennaID u16, AntennaGain s16
222 AntennaConfiguration: AntennaID u16
223 RFReceiver: ReceiverSensitivity u16
224 RFTransmitter: HopTableID u16, ChannelIndex u16, TransmitPower u16
225 GPIPortCurrentState: GPIPortNum u16, Config u1, - r7, State u8
226 EventsAndReports: HoldEventsAndReportsUponReconnect u1, - r7
237 ROReportSpec: ROReportTrigger u8, N u16
238 TagReportContentSelector: EnableROSpecID u1, EnableSpecIndex u1, EnableInventoryParameterSpecID u1, \
EnableAntennaID u1, EnableChannelIndex u1, EnablePeakRSSI u1, EnableFirstSeenTimestamp u1, \
EnableLastSeenTimestamp u1, EnableTagSeenCount u1, EnableAccessSpecID u1, - r6
239 AccessReportSpec: AccessReportTrigger u8
240 TagReportData:
241 EPCData: EPC bits
242 RFSurveyReportData:
243 FrequencyRSSILevelEntry: Frequency u32, Bandwidth u32, AverageRSSI s8, PeakRSSI s8
244 ReaderEventNotificationSpec:
245 EventNotificationState: EventType u16, NotificationState u1, - r7
246 ReaderEventNotificationData:
247 HoppingEvent: HopTableID u16, NextChannelIndex u16
248 GPIEvent: GPIPortNumber u16, GPIEvent u1, - r7
249 ROSpecEvent: EventType u8, ROSpecID u32, PreemptingROSpecID u32
250 ReportBufferLevelWarningEvent: ReportBufferPercentageFull u8
251 ReportBufferOverflowErrorEvent:
252 ReaderExceptionEvent: Message utf8
253 RFSurveyEvent: EventType u8, ROSpecID u32, SpecIndex u16
254 AISpecEvent: EventType u8, ROSpecID u32, SpecIndex u16
255 AntennaEvent: EventType u8, AntennaID u16
256 ConnectionAttemptEvent: Status u16
257 ConnectionCloseEvent:
287 LLRPStatus: StatusCode u16, ErrorDescription utf8
288 FieldError: FieldNum u16, ErrorCode u16
289 ParameterError: ParameterType u16, ErrorCode u16
327 C1G2LLRPCapabilities: CanSupportBlockErase u1, CanSupportBlockWrite u1, - r6, \
MaxNumSelectFiltersPerQuery u16
328 C1G2UHFRFModeTable:
329 C1G2UHFRFModeTableEntry: ModeIdentifier u32, DRValue u1, EPCHAGTCConformance u1, - r6, MValue u8, \
ForwardLinkModulation u8, SpectralMaskIndicator u8, BDRValue u32, PIEValue u32, MinTariValue u32, \
MaxTariValue u32, StepTariValue u32
330 C1G2InventoryCommand: TagInventoryStateAware u1, - r7
331 C1G2Filter: T u2, - r6
332 C1G2TagInventoryMask: MB u2, - r6, Pointer u16, TagMask bits
333 C1G2TagInventoryStateAwareFilterAction: Target u8, Action u8
334 C1G2TagInventoryStateUnawareFilterAction: Action u8
335 C1G2RFControl: ModeIndex u16, Tari u16
336 C1G2SingulationControl: Session u2, - r6, TagPopulation u16, TagTransitTime u32
337 C1G2TagInventoryStateAwareSingulationAction: I u1, S u1, - r6
338 C1G2TagSpec:
339 C1G2TargetTag: MB u2, Match u1, - r5, Pointer u16, TagMask bits, TagData bits
341 C1G2Read: OpSpecID u16, AccessPassword u32, MB u2, - r6, WordPointer u16, WordCount u16
342 C1G2Write: OpSpecID u16, AccessPassword u32, MB u2, - r6, WordPointer u16, WriteData u16v
348 C1G2EPCMemorySelector: EnableCRC u1, EnablePCBits u1, - r6
349 C1G2ReadOpSpecResult: Result u8, OpSpecID u16, ReadData u16v
350 C1G2WriteOpSpecResult: Result u8, OpSpecID u16, NumWordsWritten u16
355 LoopSpec: LoopCount u32
356 SpecLoopEvent: ROSpecID u32, LoopCount u32
363 MaximumReceiveSensitivity: MaximumSensitivityValue u16
365 RFSurveyFrequencyCapabilities: MinimumFrequency u32, MaximumFrequency u32
1023 Custom: VendorIdentifier u32, ParameterSubtype u32, Data rest
"""

RESPONSES: dict[str, str] = {
    name.removesuffix("_RESPONSE"): name
    for name in (line.partition(":")[0].split()[1] for line in MESSAGES.strip().splitlines())
    if name.endswith("_RESPONSE")
}
"""The answer that belongs to a request. (GET_REPORT has none: reports come as they are.)"""


class StatusCode(IntEnum):
    """LLRPStatus codes: M message, P parameter, A field out of range, R reader."""

    M_Success = 0
    M_ParameterError = 100
    M_FieldError = 101
    M_UnexpectedParameter = 102
    M_MissingParameter = 103
    M_DuplicateParameter = 104
    M_OverflowParameter = 105
    M_OverflowField = 106
    M_UnknownParameter = 107
    M_UnknownField = 108
    M_UnsupportedMessage = 109
    M_UnsupportedVersion = 110
    M_UnsupportedParameter = 111
    M_UnexpectedMessage = 112
    P_ParameterError = 200
    P_FieldError = 201
    P_UnexpectedParameter = 202
    P_MissingParameter = 203
    P_DuplicateParameter = 204
    P_OverflowParameter = 205
    P_OverflowField = 206
    P_UnknownParameter = 207
    P_UnknownField = 208
    P_UnsupportedParameter = 209
    A_Invalid = 300
    A_OutOfRange = 301
    R_DeviceError = 401


class ConnectionStatus(IntEnum):
    """ConnectionAttemptEvent.Status: what the reader says when a client connects."""

    Success = 0
    Failed_A_Reader_Initiated_Connection_Already_Exists = 1
    Failed_A_Client_Initiated_Connection_Already_Exists = 2
    Failed_Reason_Other_Than_A_Connection_Already_Exists = 3
    Another_Connection_Attempted = 4


class StartTrigger(IntEnum):
    """ROSpecStartTriggerType of a ROSpecStartTrigger."""

    Null = 0
    Immediate = 1
    Periodic = 2
    GPI = 3


class StopTrigger(IntEnum):
    """ROSpecStopTriggerType and AISpecStopTriggerType; Tag_Observation only in the latter."""

    Null = 0
    Duration = 1
    GPI_With_Timeout = 2
    Tag_Observation = 3


class NotificationEvent(IntEnum):
    """EventNotificationState.EventType: what a reader may be asked to notify."""

    Upon_Hopping_To_Next_Channel = 0
    GPI_Event = 1
    ROSpec_Event = 2
    Report_Buffer_Fill_Warning = 3
    Reader_Exception_Event = 4
    RFSurvey_Event = 5
    AISpec_Event = 6
    AISpec_Event_With_Details = 7
    Antenna_Event = 8
