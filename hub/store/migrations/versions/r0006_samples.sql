-- A publish that made the tables grow asks for fresh statistics: a tenth of the usual sample tells enough for its joins.
alter table hub.record
    alter column register set statistics 10, alter column kind set statistics 10,
    alter column identifier_id set statistics 10, alter column subject_id set statistics 10,
    alter column source_version set statistics 10, alter column correction set statistics 10,
    alter column mapping_version set statistics 10, alter column status set statistics 10,
    alter column batch_id set statistics 10, alter column fetched_at set statistics 10;
alter table hub.subject_identifier
    alter column identifier_id set statistics 10, alter column key_version set statistics 10,
    alter column scheme set statistics 10, alter column blind_index set statistics 10,
    alter column subject_id set statistics 10, alter column status set statistics 10,
    alter column valid_from set statistics 10, alter column valid_to set statistics 10;
