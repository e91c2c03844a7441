package touchpoint

import "cairncx.dev/cairn/cx/event"

// The status codes that the rules of [ServedCall.Answer] name.
const (
	codeOK               = 0
	codeCanceled         = 1
	codeUnknown          = 2
	codeDeadlineExceeded = 4
	codeNotFound         = 5
)

// RPCOutcome returns what a status code of gRPC means for the customer. The numbers are those of gRPC
// (https://grpc.io/docs/guides/status-codes), which Connect uses too.
//
//	OK                                             ok
//	CANCELLED                                      cancelled
//	UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED,
//	INTERNAL, UNAVAILABLE, DATA_LOSS               failed: OpenTelemetry's conventions have them as errors of the server
//	RESOURCE_EXHAUSTED                             failed: it turns the customer away, as 429 does in HTTP
//	INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS,
//	PERMISSION_DENIED, UNAUTHENTICATED,
//	FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE     ok: the service worked and refused, as with 4xx in HTTP
//
// A number that is no code is UNKNOWN.
func RPCOutcome(code uint32) event.Outcome { return statusOf(code).outcome }

// rpcStatus is what a status code means.
type rpcStatus struct {
	name    string // by the conventions of OpenTelemetry
	outcome event.Outcome
	server  bool // an error of the server, by the conventions of OpenTelemetry
}

func statusOf(code uint32) rpcStatus {
	all := [...]rpcStatus{
		0:  {"OK", event.OK, false},
		1:  {"CANCELLED", event.Cancelled, false},
		2:  {"UNKNOWN", event.Failed, true},
		3:  {"INVALID_ARGUMENT", event.OK, false},
		4:  {"DEADLINE_EXCEEDED", event.Failed, true},
		5:  {"NOT_FOUND", event.OK, false},
		6:  {"ALREADY_EXISTS", event.OK, false},
		7:  {"PERMISSION_DENIED", event.OK, false},
		8:  {"RESOURCE_EXHAUSTED", event.Failed, false},
		9:  {"FAILED_PRECONDITION", event.OK, false},
		10: {"ABORTED", event.OK, false},
		11: {"OUT_OF_RANGE", event.OK, false},
		12: {"UNIMPLEMENTED", event.Failed, true},
		13: {"INTERNAL", event.Failed, true},
		14: {"UNAVAILABLE", event.Failed, true},
		15: {"DATA_LOSS", event.Failed, true},
		16: {"UNAUTHENTICATED", event.OK, false},
	}
	if code >= uint32(len(all)) {
		code = codeUnknown
	}
	return all[code]
}
