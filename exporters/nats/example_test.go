package nats_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/nats"
	"cairncx.dev/cairn/journey"
)

// local starts a server in this process, for the examples.
func local() (conn *natsgo.Conn, stop func()) {
	dir, err := os.MkdirTemp("", "nats")
	if err != nil {
		panic(err)
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true})
	if err != nil {
		panic(err)
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		panic("the server does not start")
	}
	conn, err = natsgo.Connect(s.ClientURL())
	if err != nil {
		panic(err)
	}
	return conn, func() {
		closed := make(chan struct{})
		conn.SetClosedHandler(func(*natsgo.Conn) { close(closed) })
		conn.Close()
		<-closed
		s.Shutdown()
		s.WaitForShutdown()
		_ = os.RemoveAll(dir)
	}
}

func ExampleNew() {
	conn, stop := local() // natsgo.Connect(url, natsgo.MaxReconnects(-1))
	defer stop()

	sink, err := nats.New(conn, nats.WithCreateStream(jetstream.StreamConfig{Name: "CX"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "spool") // in a service, a directory that outlives it
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	spool, err := exporters.NewSpool(dir, sink) // without a disk: exporters.NewRetry(sink)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := cx.New(cx.WithExporters(spool), cx.WithNamespace("docs"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)
	checkout := journey.Define("checkout")
	ctx = checkout.Start(ctx, "cart-42", event.Customer{ID: "alice"})
	checkout.Complete(ctx)
	if err := client.Flush(context.Background()); err != nil { // it is on the disk
		fmt.Println(err)
	}
	if err := spool.Drain(context.Background()); err != nil { // and delivered
		fmt.Println(err)
	}
	if err := client.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}

	js, err := jetstream.New(conn)
	if err != nil {
		fmt.Println(err)
		return
	}
	stream, err := js.Stream(context.Background(), "CX")
	if err != nil {
		fmt.Println(err)
		return
	}
	for seq := range stream.CachedInfo().State.Msgs {
		m, err := stream.GetMsg(context.Background(), seq+1)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(m.Subject, m.Header.Get("Nats-Msg-Id"))
	}
	// Output:
	// cairn.journey.started f897aa3b-ec08-8837-aff1-0108517b0ee1
	// cairn.journey.ended 1a2f7ce3-8d3f-8a47-b019-a870e34ed4f7
}

func ExampleWithSubject() {
	conn, stop := local()
	defer stop()
	_, err := nats.New(conn, nats.WithSubject("cx.*.<kind>"))
	fmt.Println(err)
	// Output:
	// nats: WithSubject("cx.*.<kind>"): a token has spaces, wildcards or control characters
}
