// Package insight tests that questions have the same answers whatever the source is, and the numbers that SQL finds in the archive.
package insight
