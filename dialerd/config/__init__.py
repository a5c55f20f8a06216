"""What operators write: campaigns and daemon settings in YAML, checked to the last mistake, as frozen values.

Entry points: :func:`dialerd.config.campaigns_file.check` and ``load_campaigns``;
:func:`dialerd.config.daemon_file.check_settings` and ``load_settings``; :func:`dialerd.config.schema.json_schema`;
:func:`dialerd.config.plan_diff.plan_diff`.
"""
