package insight

// TimesOf returns the times of microseconds.
var TimesOf = timesOf
