/** A shop whose customers repeat an order when they do not know whether it was taken. It must count once. */
export class Shop {
  readonly orders = new Map<string, number>();

  /** @param id of the order: the same in every repetition */
  order(id: string, pieces: number): void {
    this.orders.set(id, pieces);
  }
}

/** The same with a bug: between an order and its repetition another one may come. */
export class ForgetfulShop {
  readonly orders: { readonly id: string; readonly pieces: number }[] = [];
  private last = "";

  order(id: string, pieces: number): void {
    if (id !== this.last) this.orders.push({ id, pieces });
    this.last = id;
  }
}
