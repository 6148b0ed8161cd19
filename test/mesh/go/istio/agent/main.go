// SPDX-License-Identifier: Apache-2.0

// What Istio's agent does to the discovery stream between a control plane and an Envoy: the modules that extension configurations
// name are fetched into a folder, by the agent's own code. Usage: agent CONTROL_PLANE FOLDER. Writes its address into the file
// MESH_ADDRESS, and ends when its standard input does.
package main

import (
	"fmt"
	"io"
	"net"
	"os"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"istio.io/istio/pilot/pkg/xds/v3"
	"istio.io/istio/pkg/wasm"
)

type relay struct {
	discovery.UnimplementedAggregatedDiscoveryServiceServer
	upstream discovery.AggregatedDiscoveryServiceClient
	cache    wasm.Cache
}

func (r *relay) StreamAggregatedResources(down discovery.AggregatedDiscoveryService_StreamAggregatedResourcesServer) error {
	up, err := r.upstream.StreamAggregatedResources(down.Context())
	if err != nil {
		return err
	}
	go func() {
		for {
			request, err := down.Recv()
			if err != nil || up.Send(request) != nil {
				_ = up.CloseSend()
				return
			}
		}
	}()
	for {
		response, err := up.Recv()
		if err != nil {
			return status.Convert(err).Err()
		}
		if response.TypeUrl == v3.ExtensionConfigurationType {
			if err := wasm.MaybeConvertWasmExtensionConfig(response.Resources, r.cache); err != nil {
				return err
			}
		}
		if err := down.Send(response); err != nil {
			return err
		}
	}
}

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: agent CONTROL_PLANE FOLDER"))
	}
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fail(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	server := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(server, &relay{
		upstream: discovery.NewAggregatedDiscoveryServiceClient(connection),
		cache:    wasm.NewLocalFileCache(os.Args[2], wasm.Options{}),
	})
	go func() { fail(server.Serve(listener)) }()
	if err := os.WriteFile(os.Getenv("MESH_ADDRESS"), []byte(listener.Addr().String()), 0o644); err != nil {
		fail(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
