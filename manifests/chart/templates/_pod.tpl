{{- /* _pod — what is alike in all pods: where they run, and as what. manifests/base says why each line is there. */ -}}

{{- define "twindns.placement" -}}
serviceAccountName: {{ include "twindns.serviceAccount" . }}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
enableServiceLinks: true
hostNetwork: true
dnsPolicy: Default
nodeSelector:
  {{- $selector := deepCopy .Values.nodeSelector }}
  {{- if .Values.overlays.chosenNodes }}{{ $_ := set $selector "twindns" "on" }}{{ end }}
  {{- toYaml $selector | nindent 2 }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
priorityClassName: {{ .Values.priorityClassName }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsUser: 0
  runAsGroup: 0
  seccompProfile:
    type: RuntimeDefault
  seLinuxOptions:
    type: spc_t
    level: s0
{{- end }}

{{- define "twindns.container" -}}
image: {{ include "twindns.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
envFrom:
  - configMapRef:
      name: {{ include "twindns.settingsName" . }}
{{- end }}

{{- /* What is listened on, and where it is read. */ -}}
{{- define "twindns.listenEnv" -}}
- name: NODE_IP
  valueFrom:
    fieldRef:
      fieldPath: status.hostIP
- name: TWINDNS_LISTEN
  {{- if .Values.overlays.cilium }}
  value: $(NODE_IP)
  {{- else if .Values.overlays.nodeLocalAddress }}
  value: $(NODE_LOCAL_ADDRESS)
  {{- else }}
  value: $(NODE_LOCAL_ADDRESS),$(KUBE_DNS_SERVICE_HOST)
  {{- end }}
- name: TWINDNS_CLUSTER_DNS
  value: $({{ include "twindns.clusterDnsVariable" . }})
- name: TWINDNS_COREFILE
  value: /etc/twindns/Corefile
{{- end }}

{{- define "twindns.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  add: {{ toJson . }}
{{- end }}

{{- define "twindns.lockVolume" -}}
- name: xtables-lock
  hostPath:
    path: /run/xtables.lock
    type: FileOrCreate
{{- end }}
