// SPDX-License-Identifier: Apache-2.0

// Package istio runs what Istio's control plane pushes, without Kubernetes: the discovery server of Istio's own tests, over
// the network.
package istio

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/security"
	"istio.io/istio/security/pkg/nodeagent/cache"
	"istio.io/istio/security/pkg/nodeagent/sds"
)

// TestServe serves the resources in the file MESH_RESOURCES over ADS, under the mesh's configuration in the file MESH_CONFIG if
// there is one, writes its address into the file MESH_ADDRESS, and ends when its standard input does. With a folder
// MESH_CERTIFICATES, sidecars get their certificates from it.
func TestServe(t *testing.T) {
	resources, err := os.ReadFile(os.Getenv("MESH_RESOURCES"))
	if err != nil {
		t.Skip("MESH_RESOURCES names no file: this is a server, not a test")
	}
	config := mesh.DefaultMeshConfig()
	if file := os.Getenv("MESH_CONFIG"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if config, err = mesh.ApplyMeshConfigDefaults(string(text)); err != nil {
			t.Fatal(err)
		}
	}
	if folder := os.Getenv("MESH_CERTIFICATES"); folder != "" {
		serveCertificates(t, folder)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
		ConfigString:    string(resources),
		MeshConfig:      config,
		ListenerBuilder: func() (net.Listener, error) { return listener, nil },
	})
	if err := os.WriteFile(os.Getenv("MESH_ADDRESS"), []byte(listener.Addr().String()), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// serveCertificates does what Istio's agent does beside every sidecar, with the agent's own code: it serves the files of a
// certificate as SDS, on a socket below the working directory.
func serveCertificates(t *testing.T, folder string) {
	options := &security.Options{
		FileMountedCerts:  true,
		CertChainFilePath: filepath.Join(folder, "cert-chain.pem"),
		KeyFilePath:       filepath.Join(folder, "key.pem"),
		RootCertFilePath:  filepath.Join(folder, "root-cert.pem"),
	}
	secrets, err := cache.NewSecretManagerClient(nil, options)
	if err != nil {
		t.Fatal(err)
	}
	server := sds.NewServer(options, secrets, nil)
	t.Cleanup(func() {
		server.Stop()
		secrets.Close()
	})
}
