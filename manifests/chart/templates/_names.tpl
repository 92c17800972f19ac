{{- /* _names — what things are called, and what follows from the values alone. */ -}}

{{- define "twindns.namespace" -}}
{{ .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{- define "twindns.serviceAccount" -}}
{{ .Values.serviceAccount.name | default .Values.fullnameOverride }}
{{- end }}

{{- define "twindns.clusterDns" -}}
{{ .Values.clusterDns.name | default (printf "%s-cluster-dns" .Values.fullnameOverride) }}
{{- end }}

{{- /* The variable that Kubernetes sets for that Service. */ -}}
{{- define "twindns.clusterDnsVariable" -}}
{{ include "twindns.clusterDns" . | upper | replace "-" "_" }}_SERVICE_HOST
{{- end }}

{{- define "twindns.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* What both are told. A value of your own wins over that of an overlay. */ -}}
{{- define "twindns.settings" -}}
{{- $settings := dict -}}
{{- range $name, $value := .Values.settings -}}
{{- $_ := set $settings $name (toString $value) -}}
{{- end -}}
{{- $isOwn := ne $settings.NODE_LOCAL_ADDRESS "169.254.20.10" -}}
{{- with .Values.overlays -}}
{{- if and .ipv6 (not $isOwn) }}{{ $_ := set $settings "NODE_LOCAL_ADDRESS" "fd00:169:254:20::10" }}{{ end -}}
{{- if and .dualStack (not $isOwn) }}{{ $_ := set $settings "NODE_LOCAL_ADDRESS" "169.254.20.10,fd00:169:254:20::10" }}{{ end -}}
{{- if .nodeResolvConf }}{{ $_ := set $settings "TWINDNS_UPSTREAM" "/run/systemd/resolve/resolv.conf" }}{{ end -}}
{{- if .otherAdminPort }}{{ $_ := set $settings "PRIMARY_ADMIN_PORT" "9263" }}{{ end -}}
{{- if .tun }}{{ $_ := merge $settings (dict "TWINDNS_INTERFACE_TYPE" "tun" "TWINDNS_RULES" "nftables") }}{{ end -}}
{{- if .cilium }}{{ $_ := merge $settings (dict "TWINDNS_INTERFACE_TYPE" "none" "TWINDNS_RULES" "none") }}{{ end -}}
{{- end -}}
{{ toYaml $settings }}
{{- end }}

{{- /* With a digest of the settings, as kustomize makes it: what runs keeps its own, and a change rolls. */ -}}
{{- define "twindns.settingsName" -}}
{{- $data := include "twindns.settings" . | fromYaml -}}
{{- $digest := dict "kind" "ConfigMap" "name" "" "data" $data | toJson | sha256sum | trunc 10 -}}
{{- range $digit, $letter := dict "0" "g" "1" "h" "3" "k" "a" "m" "e" "t" -}}
{{- $digest = $digest | replace $digit $letter -}}
{{- end -}}
{{ .Values.fullnameOverride }}-{{ $digest }}
{{- end }}

{{- define "twindns.corefile" -}}
{{- if .Values.corefile -}}
{{ .Values.corefile }}
{{- else -}}
{{- $text := .Files.Get "files/Corefile" -}}
{{- if not .Values.clusterDnsOverTcp }}{{ $text = $text | replace "force_tcp" "prefer_udp" }}{{ end -}}
{{- with .Values.serveStale }}{{ $text = $text | replace "    cache {\n" (printf "    cache {\n        serve_stale %s\n" .) }}{{ end -}}
{{ $text }}
{{- end -}}
{{- end }}

{{- /* The port of metrics of a slot. @param dict "root" "slot" */ -}}
{{- define "twindns.adminPort" -}}
{{- $settings := include "twindns.settings" .root | fromYaml -}}
{{ get $settings (printf "%s_ADMIN_PORT" (upper .slot)) }}
{{- end }}

{{- /* @param dict "root" "slot" */ -}}
{{- define "twindns.slotLabels" -}}
app.kubernetes.io/name: {{ .root.Values.fullnameOverride }}
app.kubernetes.io/component: {{ .slot }}
{{- end }}
