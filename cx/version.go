package cx

// Version is the version of Cairn. It is also the version of Cairn's instrumentation scope.
const Version = "0.1.0"
