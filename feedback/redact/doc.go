// Package redact draft.
package redact
