package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// keyBeside returns the key for the hash of customers' IDs, for a store in a file. Each run needs the same key,
// because the store knows a customer by the hash. The first run makes the key in a file beside the store that only
// its owner can read. A real shop reads the key from its vault.
func keyBeside(path string) ([]byte, error) {
	name := path + ".key"
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the person at the command line names it
	switch {
	case errors.Is(err, fs.ErrExist):
		key, err := os.ReadFile(name) //nolint:gosec // see above
		if err != nil {
			return nil, fmt.Errorf("reading the customers' key: %w", err)
		}
		if key = bytes.TrimSpace(key); len(key) < minKey {
			return nil, fmt.Errorf("the customers' key in %s has %d bytes: want at least %d; remove the file to get a new one", name, len(key), minKey)
		}
		return key, nil
	case err != nil:
		return nil, fmt.Errorf("making the customers' key: %w", err)
	}
	key := []byte(rand.Text())
	_, err = f.Write(append(bytes.Clone(key), '\n'))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("writing the customers' key: %w", err)
	}
	return key, nil
}
