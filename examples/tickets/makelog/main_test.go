package main

import (
	"bytes"
	"os"
	"testing"
)

// TestFile: the log in the folder above is what the command writes.
func TestFile(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("../tickets.csv")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("tickets.csv differs from what the command writes: run go run ./examples/tickets/makelog >examples/tickets/tickets.csv")
	}
}
