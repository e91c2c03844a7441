package yaml_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// TestPages: each blueprint that a page for people shows is valid, by itself or below a version, and the schema accepts it.
func TestPages(t *testing.T) {
	t.Parallel()
	s := compile(t)
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	for page, least := range map[string]int{"../README.md": 3, "../../../docs/promise.md": 2} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := shown.FindAllStringSubmatch(string(text), -1)
		if len(blocks) < least {
			t.Errorf("%s shows %d blueprints, want %d or more", page, len(blocks), least)
		}
		for _, b := range blocks {
			file := b[1]
			if !strings.Contains(file, "version: ") {
				file = "version: 1\n" + file
			}
			if _, err := yaml.Parse(page, []byte(file)); err != nil {
				t.Errorf("%v\nin\n%s", err, file)
			}
			if err := check(s, []byte(file)); err != nil {
				t.Errorf("%s: the schema: %v\nin\n%s", page, err, file)
			}
		}
	}
}
