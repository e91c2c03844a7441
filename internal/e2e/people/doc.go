// Package people tests that the numbers of contacts with people are the same in the metrics of a client, in the archive by the documented
// SQL, and in a calculation over the raw log by awk, which is written from the definitions alone.
package people
