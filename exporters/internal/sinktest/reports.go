package sinktest

import (
	"strings"
	"sync"
)

// Reports keeps what was reported to an error handler, such as that of OpenTelemetry. The zero value is ready. Safe for
// concurrent use.
type Reports struct {
	mu   sync.Mutex
	text strings.Builder
}

// Handle is the error handler.
func (r *Reports) Handle(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.WriteString(err.Error() + "\n")
}

// Text returns all reports, each on a line.
func (r *Reports) Text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
