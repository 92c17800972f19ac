{{- /* _daemonset — one of a node's two instances. @param dict "root" "slot" */ -}}
{{- define "twindns.daemonset" -}}
{{- $root := .root -}}
{{- $slot := .slot -}}
{{- $values := $root.Values -}}
{{- $overlays := $values.overlays -}}
{{- $isPrimary := eq $slot "primary" -}}
{{- $leads := and $isPrimary (not $overlays.cilium) (not $overlays.unprivileged) -}}
{{- $health := ternary 253 254 $isPrimary -}}
{{- $probe := dict "host" "127.0.0.1" "port" $health -}}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ $values.fullnameOverride }}-{{ $slot }}
  namespace: {{ include "twindns.namespace" $root }}
  labels:
    {{- include "twindns.slotLabels" . | nindent 4 }}
  {{- with $values.daemonSetAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "twindns.slotLabels" . | nindent 6 }}
  minReadySeconds: {{ $values.minReadySeconds }}
  updateStrategy:
    {{- toYaml $values.updateStrategy | nindent 4 }}
  template:
    metadata:
      labels:
        {{- include "twindns.slotLabels" . | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        prometheus.io/scrape: {{ and $values.metrics.scrape (not $overlays.privateMetrics) | quote }}
        prometheus.io/port: {{ include "twindns.adminPort" . | quote }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "twindns.placement" $root | nindent 6 }}
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      {{- with $values.initContainers }}
      initContainers:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: twindns
          {{- include "twindns.container" $root | nindent 10 }}
          args:
            - run
            - --slot={{ $slot }}
            {{- if $leads }}
            - --leader
            {{- if not $overlays.tun }}
            - --keep-interface
            {{- end }}
            {{- end }}
            - --admin=$(ADMIN_ADDRESS):$({{ upper $slot }}_ADMIN_PORT)
            - --health=127.0.0.1:{{ $health }}
            {{- with $values.extraArgs }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          env:
            {{- include "twindns.listenEnv" $root | nindent 12 }}
            {{- if $overlays.allToClusterDns }}
            - name: TWINDNS_UPSTREAM
              value: $({{ include "twindns.clusterDnsVariable" $root }})
            {{- end }}
            - name: ADMIN_ADDRESS
              value: {{ ternary "127.0.0.1" "$(NODE_IP)" $overlays.privateMetrics }}
            - name: TWINDNS_INSTANCES
              value: $(ADMIN_ADDRESS):$(PRIMARY_ADMIN_PORT),$(ADMIN_ADDRESS):$(SECONDARY_ADMIN_PORT)
            {{- with $values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          securityContext:
            {{- $added := ternary (list "NET_ADMIN" "NET_BIND_SERVICE" "NET_RAW") (list "NET_BIND_SERVICE") $leads }}
            {{- include "twindns.securityContext" $added | nindent 12 }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          {{- with $values.resizePolicy }}
          resizePolicy:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          lifecycle:
            {{- $preStop := dict "preStop" (dict "httpGet" (merge (dict "path" "/prestop") $probe)) }}
            {{- toYaml (merge $preStop $values.lifecycle) | nindent 12 }}
          startupProbe:
            httpGet:
              {{- merge (dict "path" "/health") $probe | toYaml | nindent 14 }}
            periodSeconds: 1
            timeoutSeconds: 2
            failureThreshold: 30
          livenessProbe:
            httpGet:
              {{- merge (dict "path" "/health") $probe | toYaml | nindent 14 }}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet:
              {{- merge (dict "path" "/ready") $probe | toYaml | nindent 14 }}
            periodSeconds: 2
            timeoutSeconds: 3
            failureThreshold: 2
          volumeMounts:
            {{- if $leads }}
            - name: xtables-lock
              mountPath: /run/xtables.lock
            {{- end }}
            {{- if and $leads $overlays.tun }}
            - name: tun
              mountPath: /dev/net/tun
            {{- end }}
            - name: channel
              mountPath: /run/twindns
            - name: corefile
              mountPath: /etc/twindns
              readOnly: true
            {{- if $overlays.nodeLocalDnsCorefile }}
            - name: kube-dns-config
              mountPath: /etc/kube-dns
              readOnly: true
            {{- end }}
            {{- if $overlays.nodeResolvConf }}
            - name: resolv-conf
              mountPath: /run/systemd/resolve
              readOnly: true
            {{- end }}
            {{- with $values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: channel
          hostPath:
            path: /run/twindns
            type: DirectoryOrCreate
        - name: corefile
          configMap:
            name: {{ ternary "node-local-dns" (printf "%s-corefile" $values.fullnameOverride) $overlays.nodeLocalDnsCorefile }}
        {{- if $overlays.nodeLocalDnsCorefile }}
        - name: kube-dns-config
          configMap:
            name: kube-dns
            optional: true
        {{- end }}
        {{- if $overlays.nodeResolvConf }}
        - name: resolv-conf
          hostPath:
            path: /run/systemd/resolve
            type: Directory
        {{- end }}
        {{- if $leads }}
        {{- include "twindns.lockVolume" $root | nindent 8 }}
        {{- end }}
        {{- if and $leads $overlays.tun }}
        - name: tun
          hostPath:
            path: /dev/net/tun
            type: CharDevice
        {{- end }}
        {{- with $values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}
