package main

// semconvSchema is the release of OpenTelemetry's semantic conventions that defines the standard attributes below.
// The manifest has to depend on the same one.
const semconvSchema = "https://opentelemetry.io/schemas/1.43.0"

const semconvPages = "https://opentelemetry.io/docs/specs/semconv/registry/attributes/"

// standardAttributes are the attributes of OpenTelemetry's registry to which Cairn may refer: those that already
// have the meaning that a cx name would have. A test in the semconv package compares their names with
// OpenTelemetry's own constants.
func standardAttributes() []*attribute {
	return []*attribute{
		{id: "user.hash", kind: "string", stability: "development", standard: semconvPages + "user/"},
		{
			id: "error.type", kind: "string", stability: "stable", standard: semconvPages + "error/",
			bound: "the values that each metric lists",
		},
		{
			id: "server.address", kind: "string", stability: "stable", standard: semconvPages + "server/",
			bound: "the hosts of a client's exporters",
		},
		{
			id: "server.port", kind: "int", stability: "stable", standard: semconvPages + "server/",
			bound: "the ports of a client's exporters",
		},
		{id: "feature_flag.key", kind: "string", stability: "release_candidate", standard: semconvPages + "feature-flag/"},
		{
			id: "feature_flag.result.variant", kind: "string", stability: "release_candidate", standard: semconvPages + "feature-flag/",
			bound: "the arms of the company's experiments",
		},
		{id: "user_agent.synthetic.type", kind: "string", stability: "development", standard: semconvPages + "user-agent/"},
		{
			id: "service.version", kind: "string", stability: "stable", standard: semconvPages + "service/",
			bound: "the releases that customers use",
		},
		{id: "session.id", kind: "string", stability: "development", standard: semconvPages + "session/"},
	}
}

// neverOnMetrics are attributes that no annotation allows on a metric, with the reason. Each value would be a
// series of its own for as long as the backend keeps metrics, and a customer cannot be erased from it.
func neverOnMetrics() map[string]string {
	return map[string]string{
		"cx.journey.id":       "it identifies one customer's run",
		"user.hash":           "it identifies one customer",
		"cx.customer.account": "it identifies one company",
		"session.id":          "it identifies one customer's session",
		"cx.event.id":         "each event has another value",
		"cx.feedback.value":   "it is the value of cx.feedback.score",
	}
}
