// Package grpcapp serves with gRPC.
package grpcapp

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"
)

type service struct {
	grpc_testing.UnimplementedTestServiceServer
}

// New returns a server with its services.
func New() *grpc.Server {
	s := grpc.NewServer()
	register(s)
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	reflection.Register(s)
	return s
}

func register(r grpc.ServiceRegistrar) {
	grpc_testing.RegisterTestServiceServer(r, &service{})
	r.RegisterService(&grpc_testing.ReconnectService_ServiceDesc, grpc_testing.UnimplementedReconnectServiceServer{})
}
