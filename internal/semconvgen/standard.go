package main

// semconvSchema is the release of OpenTelemetry's semantic conventions that the
// standard attributes below are from. The manifest must depend on the same one.
const semconvSchema = "https://opentelemetry.io/schemas/1.43.0"

const semconvPages = "https://opentelemetry.io/docs/specs/semconv/registry/attributes/"

// standardAttributes are the attributes of OpenTelemetry's registry that Cairn may
// refer to: those for what a cx name would only say again. A test in the semconv
// package holds their names against OpenTelemetry's own constants.
func standardAttributes() []*attribute {
	return []*attribute{
		{id: "user.hash", kind: "string", stability: "development", standard: semconvPages + "user/"},
		{
			id: "error.type", kind: "string", stability: "stable", standard: semconvPages + "error/",
			bound: "the values that each metric lists",
		},
		{
			id: "server.address", kind: "string", stability: "stable", standard: semconvPages + "server/",
			bound: "the hosts that the exporters of a client send to",
		},
		{
			id: "server.port", kind: "int", stability: "stable", standard: semconvPages + "server/",
			bound: "the ports that the exporters of a client send to",
		},
		{id: "feature_flag.key", kind: "string", stability: "release_candidate", standard: semconvPages + "feature-flag/"},
		{id: "feature_flag.result.variant", kind: "string", stability: "release_candidate", standard: semconvPages + "feature-flag/"},
		{id: "user_agent.synthetic.type", kind: "string", stability: "development", standard: semconvPages + "user-agent/"},
		{id: "service.version", kind: "string", stability: "stable", standard: semconvPages + "service/"},
		{id: "session.id", kind: "string", stability: "development", standard: semconvPages + "session/"},
	}
}

// neverOnMetrics are attributes that no annotation can bring onto a metric, and
// why. Each value would be a series of its own, kept for as long as the backend
// keeps metrics, where nobody can erase one customer.
func neverOnMetrics() map[string]string {
	return map[string]string{
		"cx.journey.id":     "it names one customer's run",
		"user.hash":         "it names one customer",
		"session.id":        "it names one customer's session",
		"cx.event.id":       "it is another for every event",
		"cx.feedback.value": "it is what cx.feedback.score measures",
	}
}
