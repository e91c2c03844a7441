package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// JSON writes the report with all its numbers. Names are as they came, and HTML characters in them are escaped.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
