package processortest

import (
	"encoding/binary"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
)

func seconds(i int) time.Duration { return time.Duration(i) * time.Second }

// id returns the ID of event i, a UUID of version 8.
func id(i int) (id event.ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(i))
	id[6], id[8] = 0x80, 0x80
	return id
}

func attributes(i int) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.Int("n", i), attribute.StringSlice("list", []string{"a", "b"})}
}
