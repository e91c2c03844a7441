// Package connectapp serves with Connect.
package connectapp

import (
	"net/http"

	"cairncx.dev/cairn/cmd/cairn/internal/routes/testdata/apps/grpc_testingconnect"
)

// New returns a mux with its handlers.
func New() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle(grpc_testingconnect.NewTestServiceHandler(grpc_testingconnect.UnimplementedTestServiceHandler{}))
	path, handler := grpc_testingconnect.NewReconnectServiceHandler(grpc_testingconnect.UnimplementedReconnectServiceHandler{})
	mux.Handle(path, handler)
	return mux
}
