import { readPageNumber, writeQuery } from "../data/page-number";

export interface AuditFilters {
  readonly action: string;
  readonly page: number;
}

export const readAuditFilters = (query: URLSearchParams): AuditFilters => ({
  action: (query.get("action") ?? "").slice(0, 100),
  page: readPageNumber(query),
});

export const writeAuditFilters = ({ action, page }: AuditFilters): string => writeQuery({ action }, page);

export const auditListInput = ({ action, page }: AuditFilters) => ({ page, limit: 50, ...(action ? { action } : {}) });
