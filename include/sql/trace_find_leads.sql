-- Leads known by what somebody has in hand: an address, an id of ours, a record of the source or of a CRM.
SELECT lead.lead_id
FROM lead
WHERE lead.supplier = :supplier
  AND lead.lead_id IN (
      SELECT lead_id FROM lead WHERE supplier = :supplier AND lead_id = :wanted
      UNION
      SELECT lead_id FROM lead WHERE supplier = :supplier AND email_key = :email
      UNION
      SELECT lead_id FROM assignment WHERE supplier = :supplier AND assignment_id = :wanted
      UNION
      SELECT lead_id FROM delivery WHERE supplier = :supplier AND delivery_id = :wanted
      UNION
      SELECT lead_id FROM source_link WHERE supplier = :supplier AND record_id = :wanted
      UNION
      SELECT lead_id FROM source_link WHERE supplier = :supplier AND identity = :wanted
      UNION
      SELECT assignment.lead_id
      FROM crm_record
      JOIN assignment ON assignment.supplier = :supplier AND assignment.assignment_id = crm_record.assignment_id
      WHERE crm_record.supplier = :supplier
        AND crm_record.account_id IN (SELECT account_id FROM crm_account WHERE supplier = :supplier)
        AND crm_record.record_id = :wanted
  )
ORDER BY lead.created_at, lead.lead_id
