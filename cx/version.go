package cx

// Version of Cairn, the version of the instrumentation scope of what it emits.
const Version = "0.1.0"
