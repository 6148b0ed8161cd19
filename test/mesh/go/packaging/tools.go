//go:build tools

// SPDX-License-Identifier: Apache-2.0

// Package packaging pins the tools that render the Helm chart and the kustomize base.
package packaging

import (
	_ "helm.sh/helm/v3/cmd/helm"
	_ "sigs.k8s.io/kustomize/kustomize/v5"
)
