// SPDX-License-Identifier: Apache-2.0

// Package istio runs what Istio's control plane pushes, without Kubernetes: the discovery server of Istio's own tests, over
// the network.
package istio

import (
	"io"
	"net"
	"os"
	"testing"

	"istio.io/istio/pilot/test/xds"
)

// TestServe serves the resources in the file MESH_RESOURCES over ADS, writes its address into the file MESH_ADDRESS, and ends
// when its standard input does.
func TestServe(t *testing.T) {
	resources, err := os.ReadFile(os.Getenv("MESH_RESOURCES"))
	if err != nil {
		t.Skip("MESH_RESOURCES names no file: this is a server, not a test")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
		ConfigString:    string(resources),
		ListenerBuilder: func() (net.Listener, error) { return listener, nil },
	})
	if err := os.WriteFile(os.Getenv("MESH_ADDRESS"), []byte(listener.Addr().String()), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
