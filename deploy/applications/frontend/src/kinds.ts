/** What the page lists and adds, and the fields of each as the API names them. */
export interface Field {
  name: string;
  label: string;
  type: "text" | "email" | "tel" | "number" | "date" | Kind["name"];
}

export interface Kind {
  name: string;
  label: string;
  fields: Field[];
}

export type Row = Record<string, string | number>;

export const kinds: Kind[] = [
  {
    name: "customers",
    label: "Customers",
    fields: [
      { name: "name", label: "Name", type: "text" },
      { name: "email", label: "E-mail", type: "email" },
      { name: "address", label: "Address", type: "text" },
    ],
  },
  {
    name: "drivers",
    label: "Drivers",
    fields: [
      { name: "name", label: "Name", type: "text" },
      { name: "phone", label: "Phone", type: "tel" },
    ],
  },
  {
    name: "zones",
    label: "Zones",
    fields: [
      { name: "name", label: "Name", type: "text" },
      { name: "postcode", label: "Postcode", type: "text" },
    ],
  },
  {
    name: "products",
    label: "Products",
    fields: [
      { name: "name", label: "Name", type: "text" },
      { name: "price", label: "Price", type: "number" },
    ],
  },
  {
    name: "deliveries",
    label: "Deliveries",
    fields: [
      { name: "customer_id", label: "Customer", type: "customers" },
      { name: "driver_id", label: "Driver", type: "drivers" },
      { name: "zone_id", label: "Zone", type: "zones" },
      { name: "product_id", label: "Product", type: "products" },
      { name: "quantity", label: "Quantity", type: "number" },
      { name: "due", label: "Due", type: "date" },
    ],
  },
];

/** Whether a field names a row of another kind. */
export function refers(field: Field): boolean {
  return kinds.some((kind) => kind.name === field.type);
}
