package servers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// initDB makes the data folder. initdb takes a second of a processor, so the first test keeps what it has made in the user's cache, and
// later ones copy it. All clusters of one executable have one system identifier therefore, except those of [OwnCluster].
func (p *Postgres) initDB() error {
	template, err := p.template()
	if err != nil || p.ownCluster {
		return p.runInitDB()
	}
	switch err := p.copyCluster(template); {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("copy %s: %w", template, err)
	}
	if err := p.runInitDB(); err != nil {
		return err
	}
	_ = p.keep(template) // the next test tries it again
	return nil
}

// runInitDB runs initdb.
func (p *Postgres) runInitDB() error {
	cmd := p.command(filepath.Join(filepath.Dir(p.path), "initdb"), append([]string{"--pgdata=" + p.data()}, initArgs...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

var initArgs = []string{"--username=" + postgresUser, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"}

// template returns the folder of the cluster that is copied. Another executable has another one.
func (p *Postgres) template() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	info, err := os.Stat(p.path)
	if err != nil {
		return "", err
	}
	key := sha256.Sum256(fmt.Append(nil, p.path, info.Size(), info.ModTime().UnixNano(), initArgs))
	return filepath.Join(cache, "cairn", "postgres", hex.EncodeToString(key[:8])), nil
}

// copyCluster copies the template, and gives the copy to the user that the server runs as.
func (p *Postgres) copyCluster(template string) error {
	if err := os.CopyFS(p.data(), os.DirFS(template)); err != nil {
		return err
	}
	if err := os.Chmod(p.data(), 0o700); err != nil { // PostgreSQL refuses a folder that others can read
		return err
	}
	if p.credential == nil {
		return nil
	}
	return filepath.WalkDir(p.data(), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(p.credential.Uid), int(p.credential.Gid))
	})
}

// keep makes the new cluster the template. If several tests do so at the same time, the cluster of the first one stays.
func (p *Postgres) keep(template string) error {
	folder := filepath.Dir(template)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("keep the cluster: %w", err)
	}
	part, err := os.MkdirTemp(folder, "part-")
	if err != nil {
		return fmt.Errorf("keep the cluster: %w", err)
	}
	defer func() { _ = os.RemoveAll(part) }()
	whole := filepath.Join(part, "data")
	if err := os.CopyFS(whole, os.DirFS(p.data())); err != nil {
		return fmt.Errorf("keep the cluster: %w", err)
	}
	if err := os.Rename(whole, template); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keep the cluster: %w", err)
	}
	return nil
}
