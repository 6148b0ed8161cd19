{{/* All of a resource's metadata. Takes a list: the root and the name. */}}
{{- define "tremula.metadata" -}}
{{- $root := index . 0 -}}
{{- $labels := dict
  "app.kubernetes.io/name" $root.Chart.Name
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/managed-by" $root.Release.Service
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_") -}}
metadata:
  name: {{ index . 1 }}
  namespace: {{ $root.Values.namespace | default $root.Release.Namespace }}
  labels:
    {{- toYaml (merge $labels $root.Values.labels) | nindent 4 }}
  {{- with $root.Values.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Whom a resource of Istio's is for. */}}
{{- define "tremula.target" -}}
{{- with .Values.target.selector }}
selector:
  matchLabels:
    {{- toYaml .matchLabels | nindent 4 }}
{{- end }}
{{- with .Values.target.targetRefs }}
targetRefs:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The same in EnvoyFilter's words. */}}
{{- define "tremula.workloadSelector" -}}
{{- with .Values.target.selector }}
workloadSelector:
  labels:
    {{- toYaml .matchLabels | nindent 4 }}
{{- end }}
{{- with .Values.target.targetRefs }}
targetRefs:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* An image without its scheme: repository:tag@digest. Takes a list: the root and the filter. */}}
{{- define "tremula.image" -}}
{{- $root := index . 0 -}}
{{- $filter := index . 1 -}}
{{- $own := $filter.image | default dict -}}
{{- $repository := $own.repository | default "" | trimPrefix "oci://" -}}
{{- if not $repository -}}
  {{- if not $root.Values.image.repository -}}
    {{- fail (printf "filter %s: neither its image.repository nor image.repository says where its image is" $filter.name) -}}
  {{- end -}}
  {{- $repository = printf "%s/%s" ($root.Values.image.repository | trimPrefix "oci://" | trimSuffix "/") $filter.pluginName -}}
{{- end -}}
{{- $digest := $own.digest | default $root.Values.image.digest -}}
{{- $tag := $own.tag | default $root.Values.image.tag -}}
{{- if and (not $digest) (not $root.Values.allowTags) -}}
  {{- fail (printf "filter %s: image.digest is missing; a tag can be moved, and with allowTags: true it is taken all the same" $filter.name) -}}
{{- end -}}
{{- if not (contains ":" (base $repository)) -}}
  {{- if not (or $tag $digest) -}}{{- $tag = $root.Chart.AppVersion -}}{{- end -}}
  {{- if $tag -}}{{- $repository = printf "%s:%s" $repository $tag -}}{{- end -}}
{{- end -}}
{{- $repository -}}
{{- if $digest -}}{{- printf "@%s" $digest -}}{{- end -}}
{{- end -}}

{{/* Istio's word for where of a proxy's traffic an EnvoyFilter's patch goes. Takes a list: the root and the filter's match. */}}
{{- define "tremula.context" -}}
{{- $mode := "SERVER" -}}
{{- range index . 1 -}}{{- $mode = .mode | default $mode -}}{{- end -}}
{{- if (index . 0).Values.gateway -}}
GATEWAY
{{- else if eq $mode "CLIENT" -}}
SIDECAR_OUTBOUND
{{- else if eq $mode "SERVER" -}}
SIDECAR_INBOUND
{{- else -}}
ANY
{{- end -}}
{{- end -}}
