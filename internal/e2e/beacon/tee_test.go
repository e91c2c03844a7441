package beacon_test

import (
	"io"
	"strings"
)

// tee is a body that keeps what is read from it.
type tee struct {
	io.ReadCloser

	into *strings.Builder
}

// Read implements [io.Reader].
func (t tee) Read(b []byte) (int, error) {
	n, err := t.ReadCloser.Read(b)
	t.into.Write(b[:n])
	return n, err //nolint:wrapcheck // io.EOF has to stay what it is
}
