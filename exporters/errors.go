package exporters

// prefixed is an error as the caller of this package sees it: with the package's name, once. The errors within have none, so
// that a part in front of another one, such as a Batch in front of a Spool, adds to its text and not to its prefix.
type prefixed struct{ err error }

// Error implements error.
func (e *prefixed) Error() string { return "exporters: " + e.err.Error() }

// Unwrap returns the error without the prefix.
func (e *prefixed) Unwrap() error { return e.err }

// outward returns err with the prefix. Every exported function and method returns its errors through it.
func outward(err error) error {
	if err == nil {
		return nil
	}
	return &prefixed{bare(err)}
}

// bare returns err without the prefix that another part of this package has put before it.
func bare(err error) error {
	if p, ok := err.(*prefixed); ok { //nolint:errorlint // only the outermost error begins the text
		return p.err
	}
	return err
}
