package otlpspans

// ReadBounded is Read with another bound of a document.
var ReadBounded = read
