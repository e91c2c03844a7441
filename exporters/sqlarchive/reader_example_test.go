package sqlarchive_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
)

func ExampleReader_FollowUps() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "archive")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "archive.db")
	archive, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	complaint := feedback.DefineFollowUp("complaint", feedback.AcknowledgeWithin(24*time.Hour))
	client, err := cx.New(cx.WithDefinitions(complaint), cx.WithExporters(archive))
	if err != nil {
		fmt.Println(err)
		return
	}
	complaint.Open(cx.NewContext(ctx, client), "letter-1", event.Customer{}, feedback.Owner("care"), feedback.At(time.Now().Add(-25*time.Hour)))
	if err := client.Shutdown(ctx); err != nil {
		fmt.Println(err)
		return
	}

	reader, err := sqlarchive.ReadSQLite(ctx, path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = reader.Close() }()
	open, err := reader.FollowUps(ctx, sqlarchive.WhichFollowUps{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range open {
		p, overdue := open[i].Overdue(time.Now())
		fmt.Println(open[i].Name, open[i].ID, open[i].Owner, p.Name, overdue)
	}
	// Output:
	// complaint letter-1 care acknowledged true
}
