// Package upgrade tests that this release goes on with runs that earlier releases have written.
package upgrade
