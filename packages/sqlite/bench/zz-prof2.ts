import { sqlite } from "../src/index.ts";
import { systemSurroundings } from "throughline";
import { rmSync } from "node:fs";
for (const s of ["","-wal","-shm","-wake"]) rmSync("p.db"+s,{force:true});
const store = sqlite({ file:"./p.db", transactionLimitMs: 20000 });
await store.open({ service:"b", surroundings: systemSurroundings });
const cpu=()=>{const c=process.cpuUsage();return (c.user+c.system)/1000};
const headers = Array.from({ length: 12 }, (_, i) => [`ce_attribute${i}`, Buffer.from(`a value of header ${i}`)] as const);
const value = Buffer.alloc(460, "x"); const N=60;
const T:any={};const t=async(n:string,f:any)=>{const s=cpu();const r=await f();T[n]=(T[n]??0)+cpu()-s;return r};
for (let b=0;b<N;b++){
 const rows=Array.from({length:500},(_,i)=>({eventId:crypto.randomUUID(),topic:"order",subject:`order-${i}`,key:value.subarray(0,10),value,headers,createdAtMs:1,once:false}));
 await t("add",()=>store.unitOfWork(u=>u.outbox.add(rows)));
 const n=await t("number",()=>store.unitOfWork(u=>u.outbox.number(500)));
 await t("sent",()=>store.unitOfWork(u=>u.outbox.sent(n.map((r:any)=>r.ticket))));
}
for(const k in T)console.log(k,(T[k]*1000/N/500).toFixed(2),"us/ev");
await store.close();
