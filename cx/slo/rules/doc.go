// Package rules makes Prometheus rules.
package rules
