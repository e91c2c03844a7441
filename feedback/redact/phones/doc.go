// Package phones draft.
package phones
